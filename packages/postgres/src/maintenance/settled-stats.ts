/**
 * The statistics of tables after they were vacuumed or analyzed.
 *
 * From 15 on the counters are in shared memory, and there when the statement has ended. Before, a process collects them:
 * what it was told a moment ago it tells half a second later, so it is asked until the counters have moved.
 */
import { systemClock } from '@upkeep/core'
import { abortError, delay } from '@upkeep/core/backend'
import type { MaintenanceScope } from './maintenance-scope.ts'
import { readTables, type TableFacts } from './table-stats.ts'

const SHARED_MEMORY_VERSION = 150_000
const AGAIN_MS = 100
/** The collector writes its file twice a second. */
const ATTEMPTS = 20

/** `moved` are those whose counters have to have moved, as they were before. */
export async function settledTables(
  { client, server, schemas, signal }: MaintenanceScope,
  moved: readonly TableFacts[],
  step: 'vacuum' | 'analyze',
): Promise<readonly TableFacts[]> {
  const counter = step === 'vacuum' ? 'vacuumCount' : 'analyzeCount'
  for (let attempt = 1; ; attempt++) {
    const tables = await readTables(client.ask, server.version, schemas)
    const now = new Map(tables.map((table) => [table.oid, table]))
    const isSettled = moved.every((before) => {
      const after = now.get(before.oid)
      return after === undefined || !after.isCounted || after[counter] > before[counter]
    })
    if (isSettled || server.version >= SHARED_MEMORY_VERSION || attempt === ATTEMPTS) return tables
    // It is the server's time that has to pass, whatever the store's clock is.
    await delay(systemClock, AGAIN_MS, signal, () => abortError(signal, 'maintenance'))
  }
}
