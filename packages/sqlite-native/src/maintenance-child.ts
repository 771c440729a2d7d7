/** The process behind {@link MaintenanceProcess}: opens one database and runs the tasks it is sent. Not for import. */
import { isStoreError, SqliteTaskRunner, StoreError, serializeStoreError } from '@upkeep/core/sqlite/host'
import { loadBetterSqlite3 } from './better-sqlite3-port.ts'
import type { MaintenanceRequest, MaintenanceResponse } from './maintenance-messages.ts'
import { nodeFiles } from './node-files.ts'

let opening: Promise<SqliteTaskRunner> | undefined

async function handle(request: MaintenanceRequest): Promise<MaintenanceResponse | undefined> {
  if (request.kind === 'open') {
    opening = loadBetterSqlite3(request.target.setup).then((port) => {
      const { path, options, file } = request.target
      return new SqliteTaskRunner(port, path, options, { identity: file, files: nodeFiles })
    })
    // Whoever sends a task hears of it.
    return opening.then(
      () => ({ kind: 'ready' }),
      () => undefined,
    )
  }
  try {
    const runner = await opening
    if (runner === undefined) throw new StoreError('UNKNOWN', 'a task came before its database')
    return { kind: 'rows', rows: runner.run(request.task) }
  } catch (error) {
    const failure = isStoreError(error) ? error : new StoreError('UNKNOWN', 'the maintenance process failed')
    return { kind: 'error', error: serializeStoreError(failure) }
  }
}

process.on('message', (request: MaintenanceRequest) => {
  void handle(request).then((response) => {
    // Nobody listens when the application has died meanwhile; `disconnect` then closes the database.
    if (response !== undefined && process.connected) process.send?.(response, undefined, undefined, () => undefined)
  })
})

process.on('disconnect', () => {
  void Promise.resolve(opening)
    .then((runner) => runner?.close())
    .catch(() => undefined)
    .finally(() => process.exit())
})
