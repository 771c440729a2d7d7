/** The table under retention: a million events, every other one, without a pattern, over a month old. */
import { columnTypes } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import type { MaintainedSchema } from '../maintenance/schema.ts'

/** Its table, beside those that the traffic works on. */
export interface RetainedSchema extends MaintainedSchema {
  event: { id: number; at: Date; kind: string; body: string }
}

/** What is older is deleted. */
export const MAX_AGE = { days: 30 } as const

const CHUNK = 5000

/** Makes the table and that many events; no index but that of the key. */
export async function createEvents(db: Kysely<RetainedSchema>, count: number): Promise<void> {
  const types = columnTypes(db)
  await db.schema
    .createTable('event')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('at', types.instant, (column) => column.notNull())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .execute()
  const body = 'The quick brown fox jumps over the lazy dog. '.repeat(3)
  const old = new Date(Date.now() - 40 * 86_400_000)
  const young = new Date(Date.now() - 86_400_000)
  for (let first = 1; first <= count; first += CHUNK) {
    const last = Math.min(first + CHUNK - 1, count)
    await sql`
      with recursive n (id) as (select ${first} union all select id + 1 from n where id < ${last})
      insert into event
      select id, case when (id * 7919) % 1009 < 504 then ${old} else ${young} end, 'kind ' || (id % 50), ${body} from n
    `.execute(db)
  }
}

/** How many rows are over a month old. */
export async function countOld(db: Kysely<RetainedSchema>): Promise<number> {
  const limit = new Date(Date.now() - 30 * 86_400_000)
  const { count } = await db
    .selectFrom('event')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('at', '<', limit)
    .executeTakeFirstOrThrow()
  return count
}
