// A thread for the log that cannot be had, or dies: commits copy the log then, as if there were none.
import { openBackendStore, resolveStoreLog, type Store } from '@upkeep/core'
import { type OffloadTask, openSqliteEngine, resolveSqliteOptions, type SqliteOffload } from '@upkeep/core/sqlite'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createManualClock } from '../../core/test/support/manual-clock.ts'
import { turns } from '../../core/test/support/outcome.ts'
import { loadBetterSqlite3 } from '../dist/better-sqlite3-port.js'
import { HousekeepingThread } from '../dist/housekeeping-thread.js'
import { nodeFiles } from '../dist/node-files.js'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

const setup = { extensions: [], setupModule: undefined }

/** A store whose thread fails at each task that `fails` says. */
async function openWith(fails: (task: OffloadTask) => boolean) {
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
      run: (task, signal) => (fails(task) ? Promise.reject(new Error('dead')) : thread.run(task, signal)),
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

describe('a thread', () => {
  it('that does not start is told once, not relied on, and tried again after a minute', async () => {
    const { clock, logger, write, autocheckpoint, until, openedCount } = await openWith(() => true)
    await write()
    await until(() => logger.messages.length > 0)
    expect(logger.messages).toEqual(['the checkpointer has failed {"code":"UNKNOWN"}'])
    expect(await autocheckpoint()).toBe(1000)
    await write()
    clock.advance(1000)
    await turns()
    expect(openedCount()).toBe(1)
    clock.advance(60_000)
    await write()
    await until(() => openedCount() === 2)
  })

  it('that dies in the middle leaves the log to the commits', async () => {
    const { logger, write, autocheckpoint, until } = await openWith((task) => 'mode' in task && task.mode === 'PASSIVE')
    await write()
    await until(() => logger.messages.length > 0)
    await turns()
    expect(await autocheckpoint()).toBe(1000)
  })
})
