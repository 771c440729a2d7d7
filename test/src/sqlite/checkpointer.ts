/** Who copies the write-ahead log while much is written: the store's own thread, or the commits. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { lookAgainUntil } from '../suite/look-again.ts'
import type { ManualClock } from '../suite/manual-clock.ts'
import { increment } from '../suite/slow-statements.ts'
import type { Scenario, Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const MIB = 1024 * 1024
const WAL_LIMIT_BYTES = 4 * MIB

const autocheckpoint = async ({ db }: Store<any>): Promise<unknown> =>
  (await sql<{ wal_autocheckpoint: number }>`pragma wal_autocheckpoint`.execute(db)).rows[0]?.wal_autocheckpoint

const ROWS = 400

/** Some three megabytes of log. */
async function write(store: Store<TestSchema>, round = 0): Promise<void> {
  await store.transaction(async (tx) => {
    for (let id = 1; id <= ROWS; id++) {
      await tx
        .insertInto('sample')
        .values({ id: ROWS * round + id, data: new Uint8Array(8000).fill(round) })
        .execute()
    }
  })
}

interface World {
  readonly store: Store<TestSchema>
  readonly clock: ManualClock
  walSizeBytes(): Promise<number>
}

async function openWorld(t: Scenario, options: { readonly checkpointer?: boolean } = {}): Promise<World> {
  const clock = t.manualClock()
  const store = await t.openWith(['sample', 'counter'], { clock, walLimitBytes: WAL_LIMIT_BYTES, ...options })
  return { store, clock, walSizeBytes: async () => (await t.database.walSizeBytes?.()) ?? 0 }
}

/** Begins to copy the log: what it does next it does when the clock is told. */
async function begin({ store, clock }: World): Promise<void> {
  await write(store)
  await clock.timerSet(250)
  clock.advance(250)
  await clock.timerSet(50)
}

export const checkpointer: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness
  if (!capabilities.writeAheadLog || !capabilities.persistent) return

  const staysOff = (options: { readonly checkpointer?: boolean }) => async (t: Scenario) => {
    const { store, clock } = await openWorld(t, options)
    expect(store.capabilities.checkpointer).toBe(false)
    for (let round = 0; round < 4; round++) {
      await write(store, round)
      clock.advance(1000)
    }
    expect(await autocheckpoint(store)).toBe(1000)
    expect(store.stats().engine.executors.thread).toBe(0)
  }

  if (capabilities.checkpointer === false) {
    test('commits copy the log, however much is written', staysOff({}))
    return
  }

  test('switched off, commits copy the log, however much is written', staysOff({ checkpointer: false }))

  test('little that is written is left to the commits', async (t) => {
    const { store, clock } = await openWorld(t)
    for (let time = 0; time < 20; time++) {
      await increment(store.db)
      clock.advance(250)
    }
    expect(store.stats().engine.executors.thread).toBe(0)
    expect(await autocheckpoint(store)).toBe(1000)
    clock.advance(250)
    // Nothing is written, and nothing is looked at.
    expect(clock.pendingCount).toBe(0)
  })

  test('while much is written the log stays below its limit, and then it is left empty, to the commits', async (t) => {
    const world = await openWorld(t)
    const { store, clock, walSizeBytes } = world
    await begin(world)
    expect(await autocheckpoint(store)).toBe(0)
    for (let round = 1; round < 5; round++) {
      await write(store, round)
      clock.advance(50)
      await clock.timerSet(50)
      expect((await walSizeBytes()) <= WAL_LIMIT_BYTES).toBe(true)
      expect(await autocheckpoint(store)).toBe(0)
    }
    await lookAgainUntil(clock, async () => (await autocheckpoint(store)) === 1000)
    expect(await walSizeBytes()).toBe(0)
    await lookAgainUntil(clock, async () => clock.pendingCount === 0)
    expect(await t.probe('select count(*) as n from sample')).toEqual([{ n: 5 * ROWS }])
  })

  test('a reader that is in the way is not waited for: writers get past', async (t) => {
    const world = await openWorld(t)
    const { store, clock } = world
    await begin(world)
    await write(store, 1)
    // It is at the end of the log: all can be copied, and the log not be begun anew.
    const read = createGate()
    const enough = createGate()
    const reading = store.transaction(
      async (tx) => {
        await tx.selectFrom('counter').selectAll().execute()
        read.open()
        await enough.opened
      },
      { accessMode: 'read only' },
    )
    await read.opened
    const thread = () => store.stats().engine.executors.thread ?? 0
    const given = thread()
    clock.advance(50)
    // A look, two copies, and then the log would be begun anew.
    while (thread() < given + 4) await turns()
    await increment(store.db)
    expect((await t.probe('pragma wal_checkpoint(noop)'))[0]?.busy).toBe(0)
    enough.open()
    await reading
  })

  test('maintenance copies the log itself meanwhile, and leaves the commits as they were', async (t) => {
    const world = await openWorld(t)
    const { store, walSizeBytes } = world
    await begin(world)
    await write(store, 1)
    expect((await store.maintenance({ steps: ['checkpoint'] })).outcome).toBe('ok')
    expect(await walSizeBytes()).toBe(0)
    expect(await autocheckpoint(store)).toBe(0)
  })

  test('closing in the middle of it leaves no log and every row', async (t) => {
    const world = await openWorld(t)
    const { store, clock, walSizeBytes } = world
    await begin(world)
    await write(store, 1)
    clock.advance(50)
    const report = await store.close({ maintenanceOnClose: false })
    expect([report.clean, report.walSizeBytes, await walSizeBytes(), clock.pendingCount]).toEqual([true, 0, 0, 0])
    expect(await t.probe('select count(*) as n from sample')).toEqual([{ n: 2 * ROWS }])
  })
}
