/**
 * The database that is maintained: documents of very different sizes, as an application accumulates them, a counter and
 * a ledger of its increments. It is built, and half of it deleted, through the store.
 */
import { type Kysely, sql } from 'kysely'

/** Its tables. */
export interface MaintainedSchema {
  document: { id: number; owner: number; title: string; view_count: number; body: string }
  counter: { id: number; value: number }
  ledger: { worker: number; n: number }
}

/** A page holds less than one document on average, so that deleting documents frees whole pages, dispersed. */
const LONGEST_BODY = 12_000
const SHORTEST_BODY = 200
const MEAN_BODY = (LONGEST_BODY + SHORTEST_BODY) / 2
const CHUNK = 1000
const FRESH_ID = 1_000_000_000

/** How many documents make a database of about this size. */
export function documentCount(sizeBytes: number): number {
  return Math.round(sizeBytes / (MEAN_BODY + 500))
}

/** Whether the document is among the half that is deleted: about every other one, without a pattern. */
const IS_DELETED = sql<boolean>`(id * 7919) % 1009 < 504`

/** Makes the tables and that many documents. */
export async function createDocuments(db: Kysely<MaintainedSchema>, count: number): Promise<void> {
  await sql`create table document (
    id integer primary key, owner integer not null, title text not null, view_count integer not null, body text not null
  )`.execute(db)
  await sql`create index document_owner on document (owner, title)`.execute(db)
  await sql`create table counter (id integer primary key, value integer not null)`.execute(db)
  await sql`create table ledger (worker integer not null, n integer not null, primary key (worker, n))`.execute(db)
  await db.insertInto('counter').values({ id: 1, value: 0 }).execute()
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(LONGEST_BODY / 45))
  for (let first = 1; first <= count; first += CHUNK) {
    const last = Math.min(first + CHUNK - 1, count)
    await sql`
      with recursive n (id) as (select ${first} union all select id + 1 from n where id < ${last})
      insert into document
      select id, id % 977, 'Document ' || id, 0, substr(${text}, 1, ${SHORTEST_BODY} + (id * 7577) % ${LONGEST_BODY - SHORTEST_BODY})
      from n`.execute(db)
  }
}

/** Deletes about half of the documents, in statements of bearable length. */
export async function deleteHalf(db: Kysely<MaintainedSchema>, count: number): Promise<void> {
  for (let first = 1; first <= count; first += CHUNK) {
    await sql`delete from document where id between ${first} and ${first + CHUNK - 1} and ${IS_DELETED}`.execute(db)
  }
}

/** What the application writes: by turns an update, a new document and the removal of an older such one. */
export async function writeOnce(db: Kysely<MaintainedSchema>, n: number, count: number): Promise<void> {
  const turn = n % 4
  if (turn === 0) {
    const body = `Note ${n}. `.repeat(40)
    const values = { id: FRESH_ID + n, owner: n % 977, title: `Note ${n}`, view_count: 0, body }
    await db.insertInto('document').values(values).execute()
  } else if (turn === 1 && n > 400) {
    await db
      .deleteFrom('document')
      .where('id', '=', FRESH_ID + n - 401)
      .execute()
  } else {
    const id = (Math.imul(n + 1, 2_654_435_761) >>> 0) % count
    await db
      .updateTable('document')
      .set((eb) => ({ view_count: eb('view_count', '+', 1) }))
      .where('id', '=', id)
      .execute()
  }
}

/** What the application reads: a document, or an owner's titles. */
export async function readOnce(db: Kysely<MaintainedSchema>, n: number, count: number): Promise<void> {
  const pick = Math.imul(n + 7, 2_246_822_519) >>> 0
  if (n % 5 === 0) {
    await db
      .selectFrom('document')
      .select(['id', 'title'])
      .where('owner', '=', pick % 977)
      .limit(50)
      .execute()
  } else {
    await db
      .selectFrom('document')
      .selectAll()
      .where('id', '=', pick % count)
      .executeTakeFirst()
  }
}
