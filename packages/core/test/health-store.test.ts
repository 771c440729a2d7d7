// health() of a store whose engine hangs: the store lives on, and closes. What the monitor does by itself is in
// health-monitor.test.ts.
import { createEngineStore, type Engine, resolveStoreOptions, type Store } from '@upkeep/core'
import { SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createManualClock, type ManualClock } from './support/manual-clock.ts'
import { codeOf, track, turns } from './support/outcome.ts'

interface Hanging {
  readonly store: Store<unknown>
  readonly clock: ManualClock
  readonly calls: string[]
}

/** A store whose engine answers nothing, whatever its signal says. */
function createHanging(): Hanging {
  const clock = createManualClock()
  const calls: string[] = []
  const engine = {
    name: 'hanging',
    location: 'nowhere',
    capabilities: { writable: false },
    compiler: new SqliteQueryCompiler(),
    adapter: new SqliteAdapter(),
    isNestedUse: () => false,
    stats: () => ({ executors: {} }),
    ping: () => {
      calls.push('ping')
      return new Promise(() => undefined)
    },
    close: async () => {
      calls.push('close')
      return {}
    },
  } as unknown as Engine
  const logger = { warn: () => undefined, error: () => undefined }
  return { store: createEngineStore(engine, resolveStoreOptions({ clock, logger })), clock, calls }
}

describe('an engine that hangs', () => {
  it('close() during the look tells who asked at once, and gives the engine as long as it gives anything', async () => {
    const { store, clock, calls } = createHanging()
    const asking = codeOf(() => store.health())
    await turns()
    const closing = track(store.close({ drainMs: 1000 }))
    expect(await asking).toBe('CLOSED')
    expect(await codeOf(() => store.health())).toBe('CLOSED')
    await turns()
    expect(closing.settled).toBe(false)
    clock.advance(1000)
    expect(await closing.promise).toMatchObject({ abandoned: 1, clean: false })
    expect([calls, store.status, clock.pendingMs]).toEqual([['ping', 'close'], 'closed', []])
  })

  it('so does close() after the deadline of the look; in a hurry it waits for nothing', async () => {
    const { store, clock, calls } = createHanging()
    const asking = store.health()
    await turns()
    clock.advance(5000)
    expect((await asking).status).toBe('fail')
    expect((await store.health({ fresh: true })).status).toBe('fail')
    expect(await store.close({ signal: AbortSignal.abort() })).toMatchObject({ abandoned: 1, clean: false })
    expect([calls, clock.pendingMs]).toEqual([['ping', 'close'], []])
  })

  it('is nothing that is in flight, and nothing that the application has asked', async () => {
    const { store, clock } = createHanging()
    const asking = store.health()
    await turns()
    clock.advance(5000)
    await asking
    expect(store.stats()).toMatchObject({ queryCount: 0, inFlight: 0, errorCount: {}, abortCount: 0 })
    await store.close({ signal: AbortSignal.abort() })
  })
})
