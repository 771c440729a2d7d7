// The pool of leased readers with connections that are none: bounds, queue, failures. What a reader sees is tested by
// the suite.
import { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { ReaderPool } from '../../dist/sqlite/reader-pool.js'
import type { SqliteConnection } from '../../dist/sqlite/sqlite-connection.js'
import { createManualClock } from '../support/manual-clock.ts'
import { codeOf, track, turns } from '../support/outcome.ts'

class FakeConnection {
  closed = 0
  forgotten = 0
  close(): void {
    this.closed++
  }
  forgetStatements(): void {
    this.forgotten++
  }
}

function create(maxReaders = 2, busyTimeoutMs = 100) {
  const clock = createManualClock()
  const opened: FakeConnection[] = []
  let failure: Error | undefined
  const open = async (): Promise<SqliteConnection> => {
    await Promise.resolve()
    if (failure !== undefined) throw failure
    const connection = new FakeConnection()
    opened.push(connection)
    return connection as unknown as SqliteConnection
  }
  const pool = new ReaderPool(open, clock, { maxReaders, busyTimeoutMs })
  return { clock, pool, opened, failWith: (error: Error | undefined) => (failure = error) }
}

describe('ReaderPool', () => {
  it('opens none before it is asked, and the same one again for the next', async () => {
    const { pool, opened } = create()
    expect(opened).toEqual([])
    const first = await pool.lease(undefined)
    pool.giveBack(first)
    expect(await pool.lease(undefined)).toBe(first)
    expect(opened).toHaveLength(1)
  })

  it('never opens more than its bound, even when all ask at once', async () => {
    const { pool, opened } = create(2)
    const leases = Array.from({ length: 6 }, () => pool.lease(undefined))
    const [a, b] = await Promise.all(leases.slice(0, 2))
    expect([opened.length, pool.leased, pool.waiting]).toEqual([2, 2, 4])
    expect(a).not.toBe(b)
    for (const lease of leases) pool.giveBack(await lease)
    expect([opened.length, pool.leased, pool.waiting]).toEqual([2, 0, 0])
  })

  it('serves those who wait in their order', async () => {
    const { pool } = create(1)
    const order: number[] = []
    const held = await pool.lease(undefined)
    const waiting = [1, 2, 3].map(async (n) => {
      const connection = await pool.lease(undefined)
      order.push(n)
      pool.giveBack(connection)
    })
    pool.giveBack(held)
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3])
  })

  it('BUSY when all stay leased for the busy timeout; ABORTED by the signal', async () => {
    const { clock, pool } = create(1, 100)
    await pool.lease(undefined)
    const controller = new AbortController()
    const late = track(pool.lease(undefined))
    const aborted = pool.lease(controller.signal)
    controller.abort()
    expect(await codeOf(() => aborted)).toBe('ABORTED')
    clock.advance(99)
    await turns(1)
    expect(late.settled).toBe(false)
    clock.advance(1)
    expect(await codeOf(() => late.promise)).toBe('BUSY')
    expect([pool.waiting, clock.pendingMs.length]).toEqual([0, 0])
  })

  it('a reader that cannot be opened takes no place', async () => {
    const { pool, opened, failWith } = create(1)
    failWith(new StoreError('CONNECTION', 'no'))
    expect(await codeOf(() => pool.lease(undefined))).toBe('CONNECTION')
    expect(await codeOf(() => pool.lease(undefined))).toBe('CONNECTION')
    failWith(undefined)
    await pool.lease(undefined)
    expect([opened.length, pool.leased]).toEqual([1, 1])
  })

  it('whoever waits for a place hears of one that came free because it could not be opened', async () => {
    const { clock, pool, failWith } = create(1)
    failWith(new StoreError('CONNECTION', 'no'))
    const first = pool.lease(undefined)
    const second = track(pool.lease(undefined))
    expect(await codeOf(() => first)).toBe('CONNECTION')
    failWith(undefined)
    await turns()
    expect(second.settled, 'the second still waits').toBe(true)
    // It may have been told of the failure as well; what it must not do is wait for its time to be over.
    await second.promise.catch(() => undefined)
    expect(clock.pendingMs).toEqual([])
  })

  it('closes those that are idle, once', async () => {
    const { pool, opened } = create(2)
    const [a, b] = [await pool.lease(undefined), await pool.lease(undefined)]
    pool.giveBack(a)
    pool.giveBack(b)
    pool.close()
    pool.close()
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1])
    expect(pool.leased).toBe(0)
  })

  it('one that comes back after the pool was closed is closed too', async () => {
    const { pool, opened } = create(1)
    const late = await pool.lease(undefined)
    pool.close()
    pool.giveBack(late)
    expect(opened[0]?.closed).toBe(1)
  })

  it('tells the idle ones of a schema change of ours', async () => {
    const { pool, opened } = create(2)
    const idle = await pool.lease(undefined)
    await pool.lease(undefined)
    pool.giveBack(idle)
    pool.forgetStatements()
    expect(opened[0]?.forgotten).toBe(1)
  })

  it('measures how many were leased and how many waited, since the last reset and of late', async () => {
    const { clock, pool } = create(2, 1_000_000)
    const leased = [await pool.lease(undefined), await pool.lease(undefined)]
    const third = pool.lease(undefined)
    expect(pool.stats()).toMatchObject({ limit: 2, leased: 2, peakLeased: 2, waiting: 1, peakWaiting: 1 })
    clock.advance(20)
    for (const connection of leased) pool.giveBack(connection)
    pool.giveBack(await third)
    expect(pool.stats()).toMatchObject({ leased: 0, peakLeased: 2, recentPeakLeased: 2, waiting: 0 })
    expect(pool.stats().wait.count).toBe(1)
    expect(Math.round(pool.stats().wait.maxMs ?? 0)).toBe(20)
    clock.advance(120_000)
    expect(pool.stats()).toMatchObject({ peakLeased: 2, recentPeakLeased: 0, peakWaiting: 1, recentPeakWaiting: 0 })
    await pool.lease(undefined)
    pool.resetStats()
    expect(pool.stats()).toMatchObject({ leased: 1, peakLeased: 1, recentPeakLeased: 1, peakWaiting: 0 })
  })

  it('one that cannot be opened, or is closed when it comes back, is leased no more', async () => {
    const { pool, failWith } = create(2)
    failWith(new StoreError('CONNECTION', 'no'))
    await codeOf(() => pool.lease(undefined))
    failWith(undefined)
    const late = await pool.lease(undefined)
    pool.close()
    pool.giveBack(late)
    pool.resetStats()
    expect(pool.stats()).toMatchObject({ leased: 0, peakLeased: 0, recentPeakLeased: 0 })
  })
})
