// The thread that copies the log: its life, and what becomes of tasks when it ends. What it does to a database is tested
// by the suite.
import { readdirSync, readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { OffloadTask } from '@upkeep/core/sqlite'
import { SQLITE_DEFAULTS } from '@upkeep/core/sqlite'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { HousekeepingThread } from '../dist/housekeeping-thread.js'
import { createBlobDatabase } from './support/blob-database.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

const never = new AbortController().signal
const look: OffloadTask = { name: 'checkpoint', mode: 'NOOP' }

const threadOn = async (path?: string): Promise<HousekeepingThread> =>
  new HousekeepingThread({
    path: path ?? (await createBlobDatabase(tempFolder().path('app.db'), 1)),
    options: SQLITE_DEFAULTS,
    setup: { extensions: [], setupModule: undefined },
    file: undefined,
  })

describe('the thread', { timeout: 60_000 }, () => {
  it('does tasks in their order, also those that come together, and is ended by close()', async () => {
    const thread = await threadOn()
    expect(thread.isWarm).toBe(false)
    const ended: string[] = []
    const tasks: readonly OffloadTask[] = [{ name: 'integrity', mode: 'full' }, look, { name: 'shrink' }]
    await Promise.all(tasks.map((task) => thread.run(task, never).then(() => ended.push(task.name))))
    expect(ended).toEqual(['integrity', 'checkpoint', 'shrink'])
    expect(thread.isWarm).toBe(true)
    await thread.close()
    expect(thread.isWarm).toBe(false)
    expect(await thread.run(look, never)).toMatchObject([{ busy: 0 }])
    await thread.close()
  })

  it('a task that is aborted before its turn is not begun', async () => {
    const thread = await threadOn()
    expect(await codeOf(() => thread.run(look, AbortSignal.abort()))).toBe('ABORTED')
    expect(thread.isWarm).toBe(false)
  })

  it('errors keep their codes, and the thread goes on', async () => {
    const thread = await threadOn(tempFolder().path('missing.db'))
    expect(await codeOf(() => thread.run(look, never))).toBe('CONNECTION')
    expect(await codeOf(() => thread.run(look, never))).toBe('CONNECTION')
    await thread.close()
  })

  it('one that dies fails its tasks with CONNECTION; the next task starts another', async () => {
    const terminated = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      void this.terminate()
    })
    const thread = await threadOn()
    expect(await codeOf(() => thread.run(look, never))).toBe('CONNECTION')
    terminated.mockRestore()
    expect(await thread.run(look, never)).toMatchObject([{ busy: 0 }])
    await thread.close()
  })
})

// Without a way to count them this would pass whatever happened.
describe.runIf(process.platform === 'linux')('what a store leaves', () => {
  const count = (path: string): number => {
    const open = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    return open.filter((file) => file.startsWith(path)).length
  }
  const threads = (): number => readdirSync('/proc/self/task').length

  it('is neither a thread nor an open file, also when it is closed in the middle of its work', {
    timeout: 60_000,
  }, async () => {
    const path = tempFolder().path('app.db')
    const write = async (): Promise<void> => {
      const logger = quietLogger()
      const store = await openSqliteStore({ path, logger, durability: 'normal', walLimitBytes: 256 * 1024 })
      await sql`create table if not exists note (text text)`.execute(store.db)
      // Until the thread is at work.
      while ((store.stats().engine.executors.thread ?? 0) === 0) {
        await sql`insert into note values (${'x'.repeat(100_000)})`.execute(store.db)
      }
      expect((await store.close({ maintenanceOnClose: false })).clean).toBe(true)
      expect(logger.messages).toEqual([])
    }
    await write()
    const before = threads()
    for (let time = 0; time < 2; time++) await write()
    // The watchdog, which all stores share, is told to end and does so by itself.
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before), { timeout: 20_000 })
    expect(count(path)).toBe(0)
  })
})
