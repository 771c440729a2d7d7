/**
 * One of the processes that write one file together through stores of their own; one of them maintains it meanwhile.
 *
 * A writer reads the counter and writes it one higher in a transaction, and notes that in the ledger: an update lost
 * between two processes leaves the counter behind the ledger.
 */
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { serve } from '../child.ts'
import { summarizeLatencies } from '../statistics.ts'
import type { CrowdProtocol } from './protocols.ts'
import type { MaintainedSchema } from './schema.ts'
import { errorName } from './traffic.ts'

let opened: Store<MaintainedSchema> | undefined

function store(): Store<MaintainedSchema> {
  if (opened === undefined) throw new Error('no store is open')
  return opened
}

function increment(worker: number, n: number): Promise<void> {
  return store().transaction(async (tx) => {
    const { value } = await tx.selectFrom('counter').select('value').where('id', '=', 1).executeTakeFirstOrThrow()
    await tx
      .updateTable('counter')
      .set({ value: value + 1 })
      .where('id', '=', 1)
      .execute()
    await tx.insertInto('ledger').values({ worker, n }).execute()
  })
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

await serve<CrowdProtocol>(() => ({
  open: async (settings) => {
    opened = await openSqliteStore<MaintainedSchema>(settings)
  },
  write: async ({ worker, durationMs }) => {
    const endsAt = performance.now() + durationMs
    const latenciesMs: number[] = []
    const errors: Record<string, number> = {}
    for (let n = 0; performance.now() < endsAt; n++) {
      const startedAt = performance.now()
      try {
        await increment(worker, n)
        latenciesMs.push(performance.now() - startedAt)
      } catch (error) {
        count(errors, errorName(error))
      }
    }
    return { committed: latenciesMs.length, latencies: summarizeLatencies(latenciesMs), errors }
  },
  maintain: async ({ durationMs }) => {
    const endsAt = performance.now() + durationMs
    const outcomes: Record<string, number> = {}
    const errors: Record<string, number> = {}
    for (let n = 0; performance.now() < endsAt; n++) {
      try {
        const mode = n % 4 === 3 ? 'light' : 'auto'
        const { outcome } = await store().maintenance({ mode, budgetMs: durationMs / 2 })
        count(outcomes, outcome)
      } catch (error) {
        count(errors, errorName(error))
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return { outcomes, errors }
  },
  close: () => store().close({ maintenanceOnClose: false }),
}))
