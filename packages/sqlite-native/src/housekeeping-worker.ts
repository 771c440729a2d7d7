/** The thread behind {@link HousekeepingThread}: opens one database and runs the tasks it is sent. Not for import. */
import { parentPort, workerData } from 'node:worker_threads'
import { isStoreError, SqliteTaskRunner, StoreError, serializeStoreError } from '@upkeep/core/sqlite/host'
import { loadBetterSqlite3 } from './better-sqlite3-port.ts'
import type { HousekeepingData, HousekeepingRequest, HousekeepingResponse } from './housekeeping-messages.ts'

const { target, addonPath } = workerData as HousekeepingData

const opening = loadBetterSqlite3(target.setup, { addonPath }).then(
  (port) => new SqliteTaskRunner(port, target.path, target.options),
)
// Whoever sends a task hears of it.
opening.catch(() => undefined)

async function answer({ id, task }: Extract<HousekeepingRequest, { kind: 'task' }>): Promise<HousekeepingResponse> {
  try {
    return { kind: 'rows', id, rows: (await opening).run(task) }
  } catch (error) {
    const failure = isStoreError(error) ? error : new StoreError('UNKNOWN', 'the housekeeping thread failed')
    return { kind: 'error', id, error: serializeStoreError(failure) }
  }
}

async function close(): Promise<void> {
  const runner = await opening.catch(() => undefined)
  runner?.close()
  parentPort?.close()
}

parentPort?.on('message', (request: HousekeepingRequest) => {
  if (request.kind === 'close') void close()
  else void answer(request).then((response) => parentPort?.postMessage(response))
})
