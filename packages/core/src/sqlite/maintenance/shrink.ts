/**
 * The step `shrink`: page caches are emptied, and what the C library keeps of that is given back to the system. SQLite
 * alone gives it back to the C library, and whether that lets go of it is luck.
 *
 * The memory of JavaScript is not touched: that is the garbage collector's.
 * Source: https://www.sqlite.org/pragma.html#pragma_shrink_memory
 */
import type { MaintenanceStepResult } from '../../contract/backend.ts'
import type { MaintenanceMeasures } from '../../contract/step-status.ts'
import { type MaintenanceScope, withWriteLock } from './maintenance-scope.ts'

export async function shrink(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { set, run, thread, workers, connection, memory } = scope
  const before = measured(scope)
  await withWriteLock(scope, run.signal, () => {
    for (const one of [set.writer, set.reader, connection]) one?.exec('PRAGMA shrink_memory')
    set.readers?.forEachIdle((one) => one.exec('PRAGMA shrink_memory'))
  })
  // They come back when somebody needs them.
  await workers?.closeIdle()
  if (thread?.isWarm === true) await thread.run({ name: 'shrink' }, run.signal)
  memory?.trim()
  return { status: 'done', ...(before && { before, after: measured(scope) }) }
}

function measured({ memory }: MaintenanceScope): MaintenanceMeasures | undefined {
  const rssBytes = memory?.residentBytes()
  return rssBytes === undefined ? undefined : { rssBytes }
}
