/** What the compiler must know. The assertions are made by compiling this file; the tests only say that they were. */
import { decode, json, type MaintenanceReport, type Store, type StoreError, type StoreTransaction } from '@upkeep/core'
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import { abortedSignal } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function assertType<_Holds extends true>(): void {}

interface Schema {
  person: { id: Generated<number>; name: string; tags: ColumnType<string[], string[], string[]>; at: Date | null }
}

/** Never called. */
export async function results(store: Store<Schema>): Promise<void> {
  const rows = await store.db.selectFrom('person').select(['id', 'name', 'at']).execute()
  assertType<Equal<typeof rows, { id: number; name: string; at: Date | null }[]>>()
  await store.db
    .insertInto('person')
    .values({ name: 'ann', tags: json(['a']), at: new Date() })
    .execute()
  // @ts-expect-error: not a column
  await store.db.insertInto('person').values({ nmae: 'ann' }).execute()
  // @ts-expect-error: not a table
  store.db.selectFrom('nowhere')
  assertType<Equal<Store<Schema>['db'], Kysely<Schema>>>()
  store.db.withPlugin(decode({ at: 'instant' }))
  // @ts-expect-error: not a kind
  decode({ at: 'timestamp' })
}

/** Never called. */
export async function transactions(store: Store<Schema>): Promise<void> {
  const result = await store.transaction(async (tx) => {
    assertType<Equal<typeof tx, StoreTransaction<Schema>>>()
    const kyselys: Transaction<Schema> = tx
    const anyKysely: Kysely<Schema> = tx
    void [kyselys, anyKysely]
    // @ts-expect-error: no maintenance inside a transaction
    tx.maintenance
    // @ts-expect-error: no close inside a transaction
    tx.close
    // @ts-expect-error: no leasing inside a transaction
    tx.withConnection
    assertType<Equal<ReturnType<typeof tx.transaction>, never>>()
    return tx.nested(async (inner) => {
      assertType<Equal<typeof inner, StoreTransaction<Schema>>>()
      return 5
    })
  })
  assertType<Equal<typeof result, number>>()
  // @ts-expect-error: a store's db is no transaction
  const outside: Transaction<Schema> = store.db
  void outside
  // @ts-expect-error: no such mode
  await store.transaction(async () => undefined, { accessMode: 'readonly' })
}

/** Never called. */
export async function contexts(store: Store<Schema>): Promise<void> {
  const report = await store.maintenance({ mode: 'auto', steps: ['checkpoint'], signal: abortedSignal() })
  assertType<Equal<typeof report, MaintenanceReport>>()
  // @ts-expect-error: no such step
  await store.maintenance({ steps: ['defrag'] })
  // @ts-expect-error: no such mode
  await store.close({ maintenanceOnClose: true })
  // @ts-expect-error: capabilities are fixed for life
  store.capabilities.writable = true
  // @ts-expect-error: so is the report
  report.outcome = 'ok'
  const code = (error: StoreError): 'busy' | 'other' => (error.code === 'BUSY' ? 'busy' : 'other')
  // @ts-expect-error: codes are a closed list
  const unknown = (error: StoreError): boolean => error.code === 'NOPE'
  void [code, unknown]
  const connection = await store.withConnection(async (leased) => leased)
  assertType<Equal<typeof connection.raw, unknown>>()
  await using owned = store
  void owned
}

export const types: Topic = ({ expect, test }) => {
  test('what the compiler asserts was compiled', async () => {
    expect([results, transactions, contexts].map((compiled) => typeof compiled)).toEqual([
      'function',
      'function',
      'function',
    ])
  })
}
