/**
 * The operations written with Kysely's builder, as an application writes them: built anew for each call. Shared by stock
 * Kysely and Upkeep, so that both are measured on the same code.
 *
 * It opens nothing and knows no driver.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { type Contender, SETTING_NAMES } from './contender.ts'
import { ITEM_COLUMNS, type Item, type StoredSchema } from './schema.ts'

type Operations = Omit<Contender, 'typedSelect' | 'close'>

/** Runs work in a transaction, in the way of the contender. */
export type RunTransaction<DB> = <T>(work: (tx: Transaction<DB>) => Promise<T>) => Promise<T>

/** See the module. */
export function createKyselyOperations<DB extends Pick<StoredSchema, 'item'>>(
  typedDb: Kysely<DB>,
  runTransaction: RunTransaction<DB>,
): Operations {
  // Only `item` is used here; the types of the other table differ between contenders.
  const db = typedDb as unknown as Kysely<Pick<StoredSchema, 'item'>>
  const transaction = runTransaction as unknown as RunTransaction<Pick<StoredSchema, 'item'>>

  return {
    synchronous: false,

    pointSelect: (id) => db.selectFrom('item').select(ITEM_COLUMNS).where('id', '=', id).executeTakeFirst(),

    pageSelect: (afterId, limit) =>
      db.selectFrom('item').select(ITEM_COLUMNS).where('id', '>', afterId).orderBy('id').limit(limit).execute(),

    insertOne: (draft) => db.insertInto('item').values(draft).execute(),

    insertMany: (drafts) =>
      transaction(async (tx) => {
        for (const draft of drafts) await tx.insertInto('item').values(draft).execute()
      }),

    updateOne: async (id, score) => {
      const result = await db.updateTable('item').set({ score }).where('id', '=', id).executeTakeFirst()
      return Number(result.numUpdatedRows)
    },

    readAndUpdate: (id) =>
      transaction(async (tx) => {
        const row = await tx.selectFrom('item').select('score').where('id', '=', id).executeTakeFirst()
        if (row === undefined) return 0
        const result = await tx
          .updateTable('item')
          .set({ score: row.score + 1 })
          .where('id', '=', id)
          .executeTakeFirst()
        return Number(result.numUpdatedRows)
      }),

    stream: async (maxId) => {
      let rowCount = 0
      let scoreSum = 0
      const rows: AsyncIterable<Item> = db
        .selectFrom('item')
        .select(ITEM_COLUMNS)
        .where('id', '<=', maxId)
        .orderBy('id')
        .stream()
      for await (const row of rows) {
        rowCount++
        scoreSum += row.score
      }
      return { rowCount, scoreSum }
    },

    removeAfter: async (id) => {
      await db.deleteFrom('item').where('id', '>', id).execute()
    },

    countItems: async () => {
      const row = await db
        .selectFrom('item')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      return row.n
    },

    // On one connection that may write: a reader beside it may be set up otherwise.
    settings: () =>
      transaction(async (tx) => {
        const settings: Record<string, string | number> = {}
        for (const name of SETTING_NAMES) {
          const { rows } = await sql.raw<Record<string, string | number>>(`pragma ${name}`).execute(tx)
          settings[name] = Object.values(rows[0] ?? { [name]: 'none' })[0] ?? 'none'
        }
        return settings
      }),
  }
}
