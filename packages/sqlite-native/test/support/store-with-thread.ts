// A store on a file whose thread for the log does what a test says.
import { openBackendStore, resolveStoreLog, type Store } from '@upkeep/core'
import {
  type OffloadResult,
  type OffloadTask,
  openSqliteEngine,
  resolveSqliteOptions,
  type SqliteOffload,
} from '@upkeep/core/sqlite'
import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import { createManualClock } from '../../../core/test/support/manual-clock.ts'
import { turns } from '../../../core/test/support/outcome.ts'
import { loadBetterSqlite3 } from '../../dist/better-sqlite3-port.js'
import { HousekeepingThread } from '../../dist/housekeeping-thread.js'
import { nodeFiles } from '../../dist/node-files.js'
import { quietLogger } from './quiet-logger.ts'
import { tempFolder } from './temp-folder.ts'

const setup = { extensions: [], setupModule: undefined }

/** `run` stands before each task of the thread; `next` runs it. The log may have 256 KiB. */
export async function storeWithThread(
  run: (task: OffloadTask, next: () => Promise<OffloadResult>) => Promise<OffloadResult>,
) {
  const path = tempFolder().path('app.db')
  const clock = createManualClock()
  const logger = quietLogger()
  const options = resolveSqliteOptions({ walLimitBytes: 256 * 1024, durability: 'normal' }, [], 'test')
  const port = await loadBetterSqlite3(setup)
  let openedCount = 0
  const openThread = (): SqliteOffload => {
    openedCount++
    const thread = new HousekeepingThread({ path, options, setup, file: undefined })
    return {
      isWarm: true,
      warmUp: () => undefined,
      run: (task, signal) => run(task, () => thread.run(task, signal)),
      close: () => thread.close(),
    }
  }
  const store: Store<any> = await openBackendStore<any>(
    {
      name: 'test',
      schemes: ['sqlite'],
      open: () =>
        openSqliteEngine({
          name: 'test',
          port,
          path,
          options,
          clock,
          log: resolveStoreLog(logger),
          files: nodeFiles,
          openThread,
        }),
    },
    path,
    { clock, logger },
  )
  onTestFinished(async () => void (await store.close({ maintenanceOnClose: false })))
  await sql`create table note (text text)`.execute(store.db)
  const write = async (): Promise<void> => {
    for (let row = 0; row < 3; row++) await sql`insert into note values (${'x'.repeat(100_000)})`.execute(store.db)
  }
  const autocheckpoint = async (): Promise<unknown> =>
    (await sql<{ wal_autocheckpoint: number }>`pragma wal_autocheckpoint`.execute(store.db)).rows[0]?.wal_autocheckpoint
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) {
      clock.advance(50)
      await turns()
    }
  }
  return { store, clock, logger, write, autocheckpoint, until, openedCount: () => openedCount }
}
