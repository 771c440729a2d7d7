// The lock that one migrator has: order within a store, the sidecar among stores, signals, the limit, and that whatever
// ends a wait leaves the lock to the next.
import { StoreError } from '@upkeep/core'
import { withMigrationLock } from '@upkeep/core/backend'
import { SqliteAdapter } from 'kysely'
import { describe, expect, it } from 'vitest'
import { MigrationLock } from '../../dist/sqlite/migration-lock.js'
import type { SidecarLock } from '../../dist/sqlite/sidecar-lock.js'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { codeOf, failureOf, track, turns } from '../support/outcome.ts'

const TIMEOUT_MS = 600_000
const RETRY_MS = 20

/** A sidecar that says who has it; `error` is what the driver throws. */
interface FakeSidecar {
  holder: string | undefined
  error: Error | undefined
  readonly lock: SidecarLock
}

function createSidecar(): FakeSidecar {
  const sidecar: FakeSidecar = {
    holder: undefined,
    error: undefined,
    lock: {
      tryAcquire: () => {
        if (sidecar.error !== undefined) throw sidecar.error
        if (sidecar.holder !== undefined) return { held: false, holder: sidecar.holder }
        sidecar.holder = 'me'
        const release = (): void => {
          sidecar.holder = undefined
        }
        return { held: true, recall: () => undefined, remember: () => undefined, release }
      },
    } as unknown as SidecarLock,
  }
  return sidecar
}

function create(sidecar?: FakeSidecar): { lock: MigrationLock; clock: ManualClock; nest: () => void } {
  const clock = createManualClock()
  let isNested = false
  const lock = new MigrationLock({
    sidecar: sidecar?.lock,
    clock,
    assertNotNested: () => {
      if (isNested) throw new StoreError('NESTED_USE', 'nested')
    },
    classify: (error) => (error instanceof StoreError ? error : new StoreError('CONNECTION', 'x', { cause: error })),
  })
  return {
    lock,
    clock,
    nest: () => {
      isNested = true
    },
  }
}

describe('within a store', () => {
  it('one at a time, in their order', async () => {
    const { lock } = create()
    const order: number[] = []
    const run = async (number: number): Promise<void> => {
      const release = await lock.acquire(undefined)
      order.push(number)
      await turns(1)
      order.push(number)
      release()
    }
    await Promise.all([run(1), run(2), run(3)])
    expect(order).toEqual([1, 1, 2, 2, 3, 3])
  })

  it('a signal ends the wait, and the next has its turn', async () => {
    const { lock } = create()
    const release = await lock.acquire(undefined)
    const controller = new AbortController()
    const second = track(lock.acquire(controller.signal))
    const third = track(lock.acquire(undefined))
    const reason = new Error('enough')
    controller.abort(reason)
    expect((await failureOf(() => second.promise)).cause).toBe(reason)
    expect(third.settled).toBe(false)
    release()
    ;(await third.promise)()
    ;(await lock.acquire(undefined))()
  })

  it('a signal that is aborted already', async () => {
    const { lock } = create()
    const release = await lock.acquire(undefined)
    expect(await codeOf(() => lock.acquire(AbortSignal.abort()))).toBe('ABORTED')
    release()
    ;(await lock.acquire(undefined))()
  })

  it('ten minutes at most', async () => {
    const { lock, clock } = create()
    const release = await lock.acquire(undefined)
    const second = track(lock.acquire(undefined))
    clock.advance(TIMEOUT_MS - 1)
    await turns(1)
    expect(second.settled).toBe(false)
    clock.advance(1)
    expect(await codeOf(() => second.promise)).toBe('BUSY')
    release()
    ;(await lock.acquire(undefined))()
  })

  it('nested use takes no place in the queue', async () => {
    const { lock, nest } = create()
    nest()
    expect(await codeOf(() => lock.acquire(undefined))).toBe('NESTED_USE')
  })
})

describe('among stores', () => {
  it('tries again until the other has let go', async () => {
    const sidecar = createSidecar()
    sidecar.holder = 'process 7'
    const { lock, clock } = create(sidecar)
    const waiting = track(lock.acquire(undefined))
    await turns(1)
    clock.advance(RETRY_MS)
    await turns(1)
    expect(waiting.settled).toBe(false)
    sidecar.holder = undefined
    clock.advance(RETRY_MS)
    const release = await waiting.promise
    expect(sidecar.holder).toBe('me')
    release()
    expect(sidecar.holder).toBe(undefined)
  })

  it('a signal ends that too, and lets the next of this store try', async () => {
    const sidecar = createSidecar()
    sidecar.holder = 'process 7'
    const { lock } = create(sidecar)
    const controller = new AbortController()
    const waiting = track(lock.acquire(controller.signal))
    await turns(1)
    controller.abort()
    expect(await codeOf(() => waiting.promise)).toBe('ABORTED')
    sidecar.holder = undefined
    ;(await lock.acquire(undefined))()
  })

  it('ten minutes at most, the wait in this store included; the error names the holder', async () => {
    const sidecar = createSidecar()
    const { lock, clock } = create(sidecar)
    const release = await lock.acquire(undefined)
    const waiting = track(lock.acquire(undefined))
    clock.advance(TIMEOUT_MS - RETRY_MS)
    release()
    sidecar.holder = 'process 7'
    await turns(1)
    clock.advance(RETRY_MS)
    await turns(1)
    const error = await failureOf(() => waiting.promise)
    expect([error.code, error.message.includes('process 7')]).toEqual(['BUSY', true])
  })

  it("a driver's error is the engine's, and the lock is free again", async () => {
    const sidecar = createSidecar()
    const { lock } = create(sidecar)
    sidecar.error = new Error('cannot open')
    expect(await codeOf(() => lock.acquire(undefined))).toBe('CONNECTION')
    sidecar.error = undefined
    ;(await lock.acquire(undefined))()
  })
})

describe("Kysely's adapter over it", () => {
  it('who did not get the lock gives nothing back', async () => {
    const { lock, clock } = create()
    const adapter = withMigrationLock(new SqliteAdapter(), async () => {
      const release = await lock.acquire(undefined)
      return { [Symbol.asyncDispose]: async () => release() }
    })
    const [one, two] = [{} as never, {} as never]
    const options = {} as never
    await adapter.acquireMigrationLock(one, options)
    const second = track(adapter.acquireMigrationLock(two, options))
    clock.advance(TIMEOUT_MS)
    expect(await codeOf(() => second.promise)).toBe('BUSY')
    await adapter.releaseMigrationLock(two, options)
    const third = track(adapter.acquireMigrationLock(two, options))
    await turns(1)
    expect(third.settled).toBe(false)
    await adapter.releaseMigrationLock(one, options)
    await third.promise
    await adapter.releaseMigrationLock(two, options)
  })
})
