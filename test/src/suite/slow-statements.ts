/** Statements that take as long as a test says, by a clock that stands still: they wait for another writer. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { createGate } from './gate.ts'
import type { ManualClock } from './manual-clock.ts'
import type { Scenario } from './suite.ts'
import type { TestSchema } from './test-schema.ts'

/** Writes to `counter` in a transaction that stays open until the answer is called: who writes to it then waits. */
export async function holdCounter(store: Store<TestSchema>): Promise<() => Promise<void>> {
  const written = createGate()
  const finish = createGate()
  const holding = store.transaction(async (tx) => {
    await increment(tx)
    written.open()
    await finish.opened
  })
  await Promise.race([written.opened, holding])
  return () => {
    finish.open()
    return holding
  }
}

/** The write that {@link holdCounter} keeps waiting. */
export function increment(db: Store<TestSchema>['db']): Promise<unknown> {
  return db.updateTable('counter').set({ value: sql`value + 1` }).where('id', '=', 1).execute()
}

/** Begins `work`, which writes to `counter`, and lets `ms` pass before it gets its turn. */
export async function slowly<T>(
  { untilWaiting }: Pick<Scenario, 'untilWaiting'>,
  store: Store<TestSchema>,
  clock: ManualClock,
  ms: number,
  work: () => Promise<T>,
): Promise<T> {
  const release = await holdCounter(store)
  const working = work()
  working.catch(() => undefined)
  await untilWaiting()
  clock.advance(ms)
  await release()
  return working
}
