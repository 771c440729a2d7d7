/**
 * Makes the database every contender gets a copy of. It is closed before it is copied, and nobody opens the original
 * again.
 *
 * It has `auto_vacuum = INCREMENTAL`, as a database has that Upkeep creates: the bookkeeping this costs is in every
 * contender's figures alike.
 */
import Database from 'better-sqlite3'
import { CREATE_TABLES, createDraft, createTypedItem, ITEM_COUNT, TYPED_ITEM_COUNT } from '../contenders/schema.ts'

/** See the module. */
export function createSeedDatabase(path: string): void {
  const database = new Database(path)
  try {
    database.pragma('auto_vacuum = INCREMENTAL')
    database.pragma('journal_mode = WAL')
    database.exec(CREATE_TABLES)
    const insertItem = database.prepare('insert into item values (?, ?, ?, ?, ?)')
    const insertTyped = database.prepare('insert into typed_item values (?, ?, ?, ?)')
    database.transaction(() => {
      for (let id = 1; id <= ITEM_COUNT; id++) {
        const draft = createDraft(id)
        insertItem.run(id, draft.name, draft.email, draft.score, draft.ratio)
      }
      for (let id = 1; id <= TYPED_ITEM_COUNT; id++) {
        const { active, created_at, payload } = createTypedItem(id)
        insertTyped.run(id, active ? 1 : 0, created_at.toISOString(), JSON.stringify(payload))
      }
    })()
  } finally {
    database.close()
  }
}
