/**
 * drizzle-orm over better-sqlite3 as most applications write it: the query built and prepared for each call. It is
 * synchronous there, and has no streams.
 */
import { asc, count, eq, gt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { Contender, ContenderOptions } from './contender.ts'
import { item, typedItem } from './drizzle-schema.ts'
import { openDatabase, readSettings } from './raw.ts'

/** See the module. */
export async function openDrizzle(options: ContenderOptions): Promise<Contender> {
  const database = openDatabase(options)
  const db = drizzle({ client: database })
  return {
    synchronous: true,
    pointSelect: (id) => db.select().from(item).where(eq(item.id, id)).get(),
    pageSelect: (afterId, limit) =>
      db.select().from(item).where(gt(item.id, afterId)).orderBy(asc(item.id)).limit(limit).all(),
    insertOne: (draft) => db.insert(item).values(draft).run(),
    insertMany: (drafts) =>
      db.transaction(
        (tx) => {
          for (const draft of drafts) tx.insert(item).values(draft).run()
        },
        { behavior: 'immediate' },
      ),
    updateOne: (id, score) => db.update(item).set({ score }).where(eq(item.id, id)).run().changes,
    readAndUpdate: (id) =>
      db.transaction(
        (tx) => {
          const row = tx.select({ score: item.score }).from(item).where(eq(item.id, id)).get()
          if (row === undefined) return 0
          return tx
            .update(item)
            .set({ score: row.score + 1 })
            .where(eq(item.id, id))
            .run().changes
        },
        { behavior: 'immediate' },
      ),
    stream: undefined,
    typedSelect: (id) => db.select().from(typedItem).where(eq(typedItem.id, id)).get(),
    removeAfter: (id) => {
      db.delete(item).where(gt(item.id, id)).run()
    },
    countItems: () => db.select({ n: count() }).from(item).get()?.n ?? 0,
    settings: () => readSettings(database),
    close: () => database.close(),
  }
}
