/**
 * The ids that were deleted and not yet told to `onDeleted`, in a table of the database itself: they are written in the
 * transaction that deletes the rows, so that neither can be lost without the other.
 *
 * A batch is a row. Whose it is the task's name says, so a task that gets another name leaves its batches behind.
 */
import type { Generated, Kysely } from 'kysely'
import type { TaskStore } from '../contract/task.ts'
import { columnTypes } from '../values/column-types.ts'
import { decodeIds, encodeIds } from './id-codec.ts'

/** Made when a task with a callback runs for the first time, and in no other database. */
export const OUTBOX_TABLE = 'upkeep_outbox'

// One word each: plugins that rename columns find nothing to rename.
interface OutboxSchema {
  [OUTBOX_TABLE]: { id: Generated<number | bigint>; task: string; ids: string; at: Date }
}

/** A batch that is kept until it is acknowledged. */
export interface OutboxBatch {
  readonly id: number | bigint
  readonly ids: readonly unknown[]
}

/** Stores whose table has been seen. */
const prepared = new WeakSet<TaskStore<any>>()

export class Outbox {
  readonly #task: string

  constructor(task: string) {
    this.#task = task
  }

  /** Makes the table unless it is there: who may not create tables may have it made by a migration. */
  async prepare(store: TaskStore<any>): Promise<void> {
    if (prepared.has(store)) return
    const db = ownDb(store.db)
    const tables = await db.introspection.getTables()
    if (!tables.some(({ name }) => name === OUTBOX_TABLE)) await createTable(db)
    prepared.add(store)
  }

  /** The batch that has waited longest. */
  async oldest(db: Kysely<any>): Promise<OutboxBatch | undefined> {
    const row = await ownDb(db)
      .selectFrom(OUTBOX_TABLE)
      .select(['id', 'ids'])
      .where('task', '=', this.#task)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    return row && { id: row.id, ids: decodeIds(row.ids) }
  }

  /** To be called in the transaction that deletes. */
  async add(tx: Kysely<any>, ids: readonly unknown[], at: Date): Promise<number | bigint> {
    const { id } = await ownDb(tx)
      .insertInto(OUTBOX_TABLE)
      .values({ task: this.#task, ids: encodeIds(ids), at })
      .returning('id')
      .executeTakeFirstOrThrow()
    return id
  }

  async remove(db: Kysely<any>, id: number | bigint): Promise<void> {
    await ownDb(db).deleteFrom(OUTBOX_TABLE).where('id', '=', id).execute()
  }
}

async function createTable(db: Kysely<OutboxSchema>): Promise<void> {
  const types = columnTypes(db)
  await db.schema
    .createTable(OUTBOX_TABLE)
    .ifNotExists()
    .addColumn('id', types.identity, (column) => column.primaryKey())
    .addColumn('task', types.text, (column) => column.notNull())
    .addColumn('ids', types.text, (column) => column.notNull())
    .addColumn('at', types.instant, (column) => column.notNull())
    .execute()
}

/** What the application's plugins do to its tables is not for this one. */
function ownDb(db: Kysely<any>): Kysely<OutboxSchema> {
  return db.withoutPlugins()
}
