/**
 * The lost-update test's unit of work. Where write transactions run beside each other it asks for what keeps them from
 * losing updates there, as an application has to: an isolation level, and another attempt.
 */
import type { Store, TransactionContext } from '@upkeep/core'
import { turns } from './gate.ts'
import type { TestSchema } from './test-schema.ts'

/** The counter's value. */
export async function readCounter(db: Store<TestSchema>['db']): Promise<number> {
  return (await db.selectFrom('counter').select('value').where('id', '=', 1).executeTakeFirstOrThrow()).value
}

/** Reads, lets others run, writes what it read plus one. */
export function incrementByReading(store: Store<TestSchema>): Promise<void> {
  return store.transaction(async (tx) => {
    const value = await readCounter(tx)
    await turns(1)
    await tx
      .updateTable('counter')
      .set({ value: value + 1 })
      .where('id', '=', 1)
      .execute()
  }, isolationOf(store))
}

/** What a transaction needs that must not write by what it has read in vain. */
export function isolationOf(store: Store<any>): TransactionContext {
  if (!store.capabilities.concurrentWrites) return {}
  return { isolationLevel: 'repeatable read', retry: { attempts: 200, backoffMs: 1, maxBackoffMs: 20 } }
}
