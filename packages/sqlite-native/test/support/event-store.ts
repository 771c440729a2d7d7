// A store in memory with one row that has a value of each kind, under names in snake case.
import type { Store, StoreOptions } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { type Kysely, sql } from 'kysely'

export const AT: Date = new Date('2026-11-20T10:11:12.345Z')
export const BIG: bigint = 2n ** 53n + 1n

export interface EventStore {
  readonly store: Store<any>
  readonly db: Kysely<any>
  close(): Promise<unknown>
}

export async function openEventStore(options: StoreOptions = {}): Promise<EventStore> {
  const store = await openSqliteStore<any>({ path: ':memory:', ...options })
  const plain = store.db.withoutPlugins()
  await sql`create table user_event (
    user_id integer primary key, was_seen boolean, sent_at timestamp text, raw_data json text, net_price decimal text,
    some_bytes blob, big_number integer, free_text text)`.execute(plain)
  await plain
    .insertInto('user_event')
    .values({
      user_id: 1,
      was_seen: true,
      sent_at: AT,
      raw_data: { inner_key: [{ deep_key: 1 }] },
      net_price: '1.50',
      some_bytes: new Uint8Array([1, 2]),
      big_number: BIG,
      free_text: '{"looks_like": "json"}',
    })
    .execute()
  return { store, db: store.db, close: () => store.close() }
}
