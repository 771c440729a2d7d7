// A store in memory with a table of notes.
import type { Store } from '@upkeep/core'
import { openWasmStore } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'

export async function openWithNotes(count: number): Promise<Store<any>> {
  const store = await openWasmStore({ path: ':memory:' })
  await sql`create table note (id integer primary key, body text)`.execute(store.db)
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into note (body) select 'note ' || i || hex(randomblob(500)) from n`.execute(store.db)
  return store
}

export async function noteCount(store: Store<any>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from note`.execute(store.db)
  return rows[0]?.n ?? 0
}
