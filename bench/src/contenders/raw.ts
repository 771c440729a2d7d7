/**
 * better-sqlite3 as fast as its users can write it: every statement prepared once, no `await`. All ratios are to this.
 */
import Database from 'better-sqlite3'
import type { Contender, ContenderOptions } from './contender.ts'
import { SETTING_NAMES } from './contender.ts'
import type { Item, ItemDraft, TypedItem } from './schema.ts'

const COLUMNS = 'id, name, email, score, ratio'

/** Opens the file with the pragmas all contenders share. */
export function openDatabase(options: ContenderOptions): Database.Database {
  const database = new Database(options.path)
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${options.durability}`)
  database.pragma('foreign_keys = ON')
  return database
}

/** The pragmas of a connection, for comparison. */
export function readSettings(database: Database.Database): Record<string, string | number> {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [name, database.pragma(name, { simple: true }) as string | number]),
  )
}

interface StoredTypedItem {
  readonly id: number
  readonly active: number
  readonly created_at: string
  readonly payload: string
}

/** What a user without a decoding library writes. */
export function decodeTypedItem(row: StoredTypedItem): TypedItem {
  return {
    id: row.id,
    active: row.active === 1,
    created_at: new Date(row.created_at),
    payload: JSON.parse(row.payload) as TypedItem['payload'],
  }
}

/** See the module. */
export async function openRaw(options: ContenderOptions): Promise<Contender> {
  const database = openDatabase(options)
  const point = database.prepare<[number], Item>(`select ${COLUMNS} from item where id = ?`)
  const page = database.prepare<[number, number], Item>(`select ${COLUMNS} from item where id > ? order by id limit ?`)
  const all = database.prepare<[number], Item>(`select ${COLUMNS} from item where id <= ? order by id`)
  const insert = database.prepare<[string, string, number, number]>(
    'insert into item (name, email, score, ratio) values (?, ?, ?, ?)',
  )
  const update = database.prepare<[number, number]>('update item set score = ? where id = ?')
  const score = database.prepare<[number], { score: number }>('select score from item where id = ?')
  const typed = database.prepare<[number], StoredTypedItem>(
    'select id, active, created_at, payload from typed_item where id = ?',
  )

  const insertOne = (draft: ItemDraft): unknown => insert.run(draft.name, draft.email, draft.score, draft.ratio)
  const insertMany = database.transaction((drafts: readonly ItemDraft[]) => {
    for (const draft of drafts) insertOne(draft)
  })
  const readAndUpdate = database.transaction((id: number) => {
    const row = score.get(id)
    return row === undefined ? 0 : update.run(row.score + 1, id).changes
  })

  return {
    synchronous: true,
    pointSelect: (id) => point.get(id),
    pageSelect: (afterId, limit) => page.all(afterId, limit),
    insertOne,
    insertMany: (drafts) => insertMany.immediate(drafts),
    updateOne: (id, value) => update.run(value, id).changes,
    readAndUpdate: (id) => readAndUpdate.immediate(id),
    stream: (maxId) => {
      let rowCount = 0
      let scoreSum = 0
      for (const row of all.iterate(maxId)) {
        rowCount++
        scoreSum += row.score
      }
      return { rowCount, scoreSum }
    },
    typedSelect: (id) => {
      const row = typed.get(id)
      return row === undefined ? undefined : decodeTypedItem(row)
    },
    removeAfter: (id) => {
      database.prepare('delete from item where id > ?').run(id)
    },
    countItems: () => database.prepare<[], { n: number }>('select count(*) as n from item').get()?.n ?? 0,
    settings: () => readSettings(database),
    close: () => database.close(),
  }
}
