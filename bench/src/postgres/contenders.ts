/**
 * The contenders on Postgres: the same four operations by each, on the same table, with the same number of connections.
 *
 * All but pg itself are used as an application uses them: queries are built anew for each call.
 */
import { openPostgresStore } from '@upkeep/postgres'
import { sql as drizzleSql, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import knex from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'

/** What each of them can do; `transaction` reads a row and writes it. */
export interface PostgresContender {
  pointSelect(id: number): Promise<string | undefined>
  insert(id: number): Promise<unknown>
  update(id: number, score: number): Promise<unknown>
  transaction(id: number): Promise<unknown>
  close(): Promise<unknown>
}

/** Rows that are there from the start: ids 1 to this. */
export const ROW_COUNT = 10_000
const CONNECTIONS = 10

interface Schema {
  item: { id: number; name: string; score: number }
}

/** By name; the first is what the others are measured by. */
export const CONTENDERS: Readonly<Record<string, (url: string) => Promise<PostgresContender>>> = {
  'pg, named statements': openPg,
  Upkeep: openUpkeep,
  Kysely: openKysely,
  'drizzle on pg': openDrizzle,
  'postgres.js': openPostgresJs,
  knex: openKnex,
}

const SELECT = 'select name from item where id = $1'
const SCORE = 'select score from item where id = $1'
const INSERT = 'insert into item (id, name, score) values ($1, $2, $3)'
const UPDATE = 'update item set score = $2 where id = $1'

async function openPg(url: string): Promise<PostgresContender> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  return {
    pointSelect: async (id) => (await pool.query({ name: 'select', text: SELECT, values: [id] })).rows[0]?.name,
    insert: (id) => pool.query({ name: 'insert', text: INSERT, values: [id, 'new', 0] }),
    update: (id, score) => pool.query({ name: 'update', text: UPDATE, values: [id, score] }),
    async transaction(id) {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const { rows } = await client.query({ name: 'score', text: SCORE, values: [id] })
        await client.query({ name: 'update', text: UPDATE, values: [id, rows[0].score + 1] })
        await client.query('commit')
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

type Transact = <T>(work: (tx: Kysely<Schema>) => Promise<T>) => Promise<T>

function byKysely(db: Kysely<Schema>, transact: Transact, close: () => Promise<unknown>): PostgresContender {
  return {
    pointSelect: async (id) =>
      (await db.selectFrom('item').select('name').where('id', '=', id).executeTakeFirst())?.name,
    insert: (id) => db.insertInto('item').values({ id, name: 'new', score: 0 }).execute(),
    update: (id, score) => db.updateTable('item').set({ score }).where('id', '=', id).execute(),
    transaction: (id) =>
      transact(async (tx) => {
        const row = await tx.selectFrom('item').select('score').where('id', '=', id).executeTakeFirstOrThrow()
        await tx
          .updateTable('item')
          .set({ score: row.score + 1 })
          .where('id', '=', id)
          .execute()
      }),
    close,
  }
}

async function openUpkeep(url: string): Promise<PostgresContender> {
  const store = await openPostgresStore<Schema>({ url, pool: { max: CONNECTIONS } })
  return byKysely(
    store.db,
    (work) => store.transaction(work),
    () => store.close({ maintenanceOnClose: false }),
  )
}

async function openKysely(url: string): Promise<PostgresContender> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return byKysely(
    db,
    (work) => db.transaction().execute(work),
    () => db.destroy(),
  )
}

async function openDrizzle(url: string): Promise<PostgresContender> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  const db = drizzle(pool)
  const item = pgTable('item', { id: integer().primaryKey(), name: text().notNull(), score: integer().notNull() })
  return {
    pointSelect: async (id) => (await db.select({ name: item.name }).from(item).where(eq(item.id, id)))[0]?.name,
    insert: (id) => db.insert(item).values({ id, name: 'new', score: 0 }),
    update: (id, score) => db.update(item).set({ score }).where(eq(item.id, id)),
    transaction: (id) =>
      db.transaction(async (tx) => {
        const [row] = await tx.select({ score: item.score }).from(item).where(eq(item.id, id))
        await tx
          .update(item)
          .set({ score: drizzleSql`${(row?.score ?? 0) + 1}` })
          .where(eq(item.id, id))
      }),
    close: () => pool.end(),
  }
}

async function openPostgresJs(url: string): Promise<PostgresContender> {
  const sql = postgres(url, { max: CONNECTIONS })
  return {
    pointSelect: async (id) => (await sql`select name from item where id = ${id}`)[0]?.name,
    insert: async (id) => sql`insert into item (id, name, score) values (${id}, ${'new'}, ${0})`,
    update: async (id, score) => sql`update item set score = ${score} where id = ${id}`,
    transaction: (id) =>
      sql.begin(async (tx) => {
        const [row] = await tx`select score from item where id = ${id}`
        await tx`update item set score = ${row?.score + 1} where id = ${id}`
      }),
    close: () => sql.end(),
  }
}

async function openKnex(url: string): Promise<PostgresContender> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: CONNECTIONS } })
  return {
    pointSelect: async (id) => (await db('item').select('name').where({ id }).first())?.name,
    insert: async (id) => db('item').insert({ id, name: 'new', score: 0 }),
    update: async (id, score) => db('item').update({ score }).where({ id }),
    transaction: (id) =>
      db.transaction(async (tx) => {
        const row = await tx('item').select('score').where({ id }).first()
        await tx('item')
          .update({ score: row.score + 1 })
          .where({ id })
      }),
    close: () => db.destroy(),
  }
}
