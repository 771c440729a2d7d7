import { describe, expect, it } from 'vitest'
import { StoreError } from '../../dist/errors/store-error.js'
import { serveRemote } from '../../dist/remote/remote-host.js'
import type { ExecutorPoolOptions, SqliteExecutor } from '../../dist/sqlite/executors/executor.js'
import { ExecutorPool } from '../../dist/sqlite/executors/executor-pool.js'
import { type LinkedChannel, linkChannels } from '../support/linked-channels.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { failureOf, track, turns } from '../support/outcome.ts'

const OPTIONS: ExecutorPoolOptions = { max: 3, idleTimeoutMs: 1000, maxLifetimeMs: 60_000, warm: 0 }

interface Started {
  readonly host: LinkedChannel
  isClosed: boolean
}

/** A pool over hosts that open at once, or after `opening`, or find the database busy first. */
function createPool(options: Partial<ExecutorPoolOptions> = {}, busyAttempts = 0, opening?: Promise<void>) {
  const clock = createManualClock()
  const started: Started[] = []
  let hasEnded = false
  let busyLeft = busyAttempts
  const start = (): SqliteExecutor => {
    const [channel, host] = linkChannels()
    const one: Started = { host, isClosed: false }
    started.push(one)
    const open = async (): Promise<unknown> => {
      await opening
      if (busyLeft-- > 0) throw new StoreError('BUSY', 'busy', { nativeCode: 'SQLITE_BUSY' })
      return { token: undefined }
    }
    serveRemote(host, { open, close: () => undefined }, (error) => error as StoreError)
    return {
      channel,
      opened: () => undefined,
      stop: () => undefined,
      stopsByEnding: false,
      close: async () => {
        one.isClosed = true
      },
    }
  }
  const executors = {
    canWrite: true,
    start,
    end: () => {
      hasEnded = true
    },
  }
  const busy = { clock, timeoutMs: 500, isBusy: (error: unknown) => (error as StoreError).code === 'BUSY' }
  const pool = new ExecutorPool(executors, { ...OPTIONS, ...options }, clock, busy)
  return { pool, clock, started, hasEnded: () => hasEnded }
}

describe('a pool of workers', () => {
  it('starts one when it is needed, and takes it again', async () => {
    const { pool, started } = createPool()
    const first = await pool.lease('read', undefined)
    pool.giveBack(first)
    expect(await pool.lease('write', undefined)).toBe(first)
    expect(started.length).toBe(1)
    expect(pool.stats()).toMatchObject({ limit: 3, leased: 1, peakLeased: 1 })
  })

  it('keeps a place for whoever writes', async () => {
    const { pool } = createPool()
    const reading = [await pool.lease('read', undefined), await pool.lease('read', undefined)]
    const third = track(pool.lease('read', undefined))
    await turns()
    expect(third.settled).toBe(false)
    const writing = await pool.lease('write', undefined)
    pool.giveBack(writing)
    await turns()
    expect([third.settled, pool.stats().waiting]).toEqual([false, 1])
    for (const one of reading) pool.giveBack(one)
    await third.promise
  })

  it('gives a place that only a write may have to a write, whoever waited before it', async () => {
    const { pool } = createPool({ max: 2 })
    const [reading, writing] = [await pool.lease('read', undefined), await pool.lease('write', undefined)]
    const read = track(pool.lease('read', undefined))
    const write = track(pool.lease('write', undefined))
    await turns()
    pool.giveBack(writing)
    pool.giveBack(await write.promise)
    expect(read.settled).toBe(false)
    pool.giveBack(reading)
    await read.promise
  })

  it('lets who waits too long go with BUSY, and who is aborted with ABORTED', async () => {
    const { pool, clock } = createPool({ max: 1 })
    const leased = await pool.lease('read', undefined)
    const late = failureOf(() => pool.lease('read', undefined))
    await turns()
    clock.advance(500)
    expect((await late).code).toBe('BUSY')
    const controller = new AbortController()
    const aborted = failureOf(() => pool.lease('read', controller.signal))
    await turns()
    controller.abort()
    expect((await aborted).code).toBe('ABORTED')
    pool.giveBack(leased)
    pool.giveBack(await pool.lease('read', undefined))
  })

  it('waits, by timer, for a database that is busy when it is opened', async () => {
    const { pool, clock } = createPool({}, 2)
    const leasing = track(pool.lease('read', undefined))
    while (!leasing.settled) {
      await turns(1)
      clock.advance(20)
    }
    pool.giveBack(await leasing.promise)
  })

  it('lets who is aborted go while a worker starts, which the next one has', async () => {
    const opening = Promise.withResolvers<void>()
    const { pool, started } = createPool({ max: 1 }, 0, opening.promise)
    const controller = new AbortController()
    const aborted = failureOf(() => pool.lease('read', controller.signal))
    await turns()
    controller.abort()
    expect((await aborted).code).toBe('ABORTED')
    const next = track(pool.lease('write', undefined))
    await turns()
    expect([next.settled, pool.leased]).toEqual([false, 1])
    opening.resolve()
    pool.giveBack(await next.promise)
    expect([started.length, started[0]?.isClosed, pool.leased]).toEqual([1, false, 0])
  })

  it('is not closed before a worker that starts for nobody has gone', async () => {
    const opening = Promise.withResolvers<void>()
    const { pool, started } = createPool({}, 0, opening.promise)
    const controller = new AbortController()
    const aborted = failureOf(() => pool.lease('read', controller.signal))
    await turns()
    controller.abort()
    await aborted
    const closing = track(pool.close())
    await turns()
    expect(closing.settled).toBe(false)
    opening.resolve()
    await closing.promise
    expect(started.map(({ isClosed }) => isClosed)).toEqual([true])
  })

  it('closes those that were idle for long, but not those that are kept', async () => {
    const { pool, clock, started } = createPool({ warm: 1 })
    const leased = await Promise.all([pool.lease('read', undefined), pool.lease('write', undefined)])
    for (const one of leased) pool.giveBack(one)
    clock.advance(1000)
    await turns()
    expect(started.map(({ isClosed }) => isClosed)).toEqual([true, false])
    clock.advance(100_000)
    await turns()
    expect(started.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  it('uses none that is old, dead or spent', async () => {
    const { pool, clock, started } = createPool()
    pool.giveBack(await pool.lease('read', undefined))
    clock.advance(900)
    pool.giveBack(await pool.lease('read', undefined), true)
    pool.giveBack(await pool.lease('read', undefined))
    started[1]?.host.go('ended with 1')
    const third = await pool.lease('read', undefined)
    clock.advance(60_000)
    pool.giveBack(third)
    await turns()
    expect(started.map(({ isClosed }) => isClosed)).toEqual([true, true, true])
  })

  it('is closed when the last one has come back and gone', async () => {
    const { pool, started, hasEnded } = createPool()
    const leased = await pool.lease('read', undefined)
    pool.giveBack(await pool.lease('write', undefined))
    const closing = track(pool.close())
    pool.giveBack(leased)
    await closing.promise
    expect(started.map(({ isClosed }) => isClosed)).toEqual([true, true])
    expect(hasEnded()).toBe(true)
  })
})
