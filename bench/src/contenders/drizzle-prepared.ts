/**
 * drizzle-orm with every query prepared once by `.prepare()`: its documented fast path.
 */
import { asc, count, eq, gt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { Contender, ContenderOptions } from './contender.ts'
import { item, typedItem } from './drizzle-schema.ts'
import { openDatabase, readSettings } from './raw.ts'
import type { ItemDraft } from './schema.ts'

/** See the module. */
export async function openDrizzlePrepared(options: ContenderOptions): Promise<Contender> {
  const database = openDatabase(options)
  const db = drizzle({ client: database })
  const id = sql.placeholder('id')
  const point = db.select().from(item).where(eq(item.id, id)).prepare()
  const page = db
    .select()
    .from(item)
    .where(gt(item.id, id))
    .orderBy(asc(item.id))
    .limit(sql.placeholder('limit'))
    .prepare()
  const insert = db
    .insert(item)
    .values({
      name: sql.placeholder('name'),
      email: sql.placeholder('email'),
      score: sql.placeholder('score'),
      ratio: sql.placeholder('ratio'),
    })
    .prepare()
  const update = db
    .update(item)
    .set({ score: sql`${sql.placeholder('score')}` })
    .where(eq(item.id, id))
    .prepare()
  const score = db.select({ score: item.score }).from(item).where(eq(item.id, id)).prepare()
  const typed = db.select().from(typedItem).where(eq(typedItem.id, id)).prepare()

  const insertOne = (draft: ItemDraft): unknown => insert.run({ ...draft })
  return {
    synchronous: true,
    pointSelect: (value) => point.get({ id: value }),
    pageSelect: (afterId, limit) => page.all({ id: afterId, limit }),
    insertOne,
    insertMany: (drafts) =>
      db.transaction(
        () => {
          for (const draft of drafts) insertOne(draft)
        },
        { behavior: 'immediate' },
      ),
    updateOne: (value, newScore) => update.run({ id: value, score: newScore }).changes,
    readAndUpdate: (value) =>
      db.transaction(
        () => {
          const row = score.get({ id: value })
          return row === undefined ? 0 : update.run({ id: value, score: row.score + 1 }).changes
        },
        { behavior: 'immediate' },
      ),
    stream: undefined,
    typedSelect: (value) => typed.get({ id: value }),
    removeAfter: (value) => {
      db.delete(item).where(gt(item.id, value)).run()
    },
    countItems: () => db.select({ n: count() }).from(item).get()?.n ?? 0,
    settings: () => readSettings(database),
    close: () => database.close(),
  }
}
