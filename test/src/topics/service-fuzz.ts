/**
 * A maintenance service under calls at random, all at the same time: nothing hangs, no two runs overlap, no timer is
 * left, no rejection goes unseen. What single calls mean is tested elsewhere.
 */
import {
  createMaintenanceService,
  isStoreError,
  type MaintenanceService,
  type MaintenanceTask,
  type Store,
} from '@upkeep/core'
import { createCountingClock } from '../suite/counting-clock.ts'
import { turns } from '../suite/gate.ts'
import { createManualClock, type ManualClock } from '../suite/manual-clock.ts'
import { createSeededRandom } from '../suite/seeded-random.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'
import { withLogSize } from '../suite/with-log-size.ts'

/** On a server everything takes its time. */
const ROUNDS = { sqlite: 10, postgres: 2 } as const
const CALLS_PER_ROUND = 1000
const logger = { warn: () => undefined, error: () => undefined }

/** What may come of a call that is well. */
const WELL = ['ok', 'partial', 'ABORTED', 'TIMEOUT', 'CLOSED']

interface Round {
  readonly maintainer: MaintenanceService
  readonly store: Store<TestSchema>
  readonly clock: ManualClock
  readonly random: () => number
  /** How each call ended. */
  readonly ends: Promise<string>[]
}

const endOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    (value) => (value as { outcome?: string } | undefined)?.outcome ?? 'ok',
    (error) => (isStoreError(error) ? error.code : String(error)),
  )

/** One call, of whatever kind chance has it. */
function callAtRandom({ clock, ends, maintainer, random, store }: Round, mayClose: boolean): void {
  const maybeAborted = (): { signal?: AbortSignal } => {
    if (random() < 0.7) return {}
    const controller = new AbortController()
    if (random() < 0.3) controller.abort()
    else void turns(Math.ceil(random() * 3)).then(() => controller.abort())
    return { signal: controller.signal }
  }
  const kind = random()
  if (kind < 0.3) ends.push(endOf((async () => maintainer.start())()))
  else if (kind < 0.5) ends.push(endOf(maintainer.stop(maybeAborted())))
  else if (kind < 0.75) ends.push(endOf(maintainer.runNow(maybeAborted())))
  else if (kind < 0.8) ends.push(endOf(store.maintenance({ steps: ['inspect'], ...maybeAborted() })))
  else if (kind < 0.98 || !mayClose) {
    // A timer that was left when the store closed must not fire before it is looked for.
    if (store.status === 'open') clock.advance(random() * 2000)
  } else ends.push(endOf(store.close({ maintenanceOnClose: 'light' }).then(() => undefined)))
}

export const serviceFuzz: Topic = ({ harness, expect, test }) => {
  const roundCount = ROUNDS[harness.dialect]
  // A server, and a worker of a browser that writes files, answer after more turns than there are between two calls.
  const isFar = harness.dialect === 'postgres' || harness.capabilities.vacuum === 'worker'
  test(`start, stop, runNow and close ${roundCount * CALLS_PER_ROUND} times at random`, async ({ open }) => {
    const random = createSeededRandom(20260101)
    const counts = { runs: 0, now: 0, most: 0 }
    const task: MaintenanceTask<TestSchema> = {
      name: 'watched',
      async run({ signal }) {
        counts.runs++
        counts.most = Math.max(counts.most, ++counts.now)
        await turns(Math.floor(random() * 3))
        counts.now--
        if (signal.aborted || random() < 0.1) throw new RangeError('mine')
      },
    }
    let checkpointCount = 0
    for (let index = 0; index < roundCount; index++) {
      const clock = createManualClock()
      const storeClock = createCountingClock()
      const store = await open<TestSchema>({ logger, clock: storeClock })
      const maintainer = createMaintenanceService({
        // Large and small in turn, so that some looks at the log end in a checkpoint.
        store: withLogSize(store, () => Math.floor(random() * 2)),
        clock,
        logger,
        random,
        tasks: [task],
        initialDelayMs: 500,
        intervalMs: 1000,
        jitter: 1,
        maintenance: { steps: ['inspect'] },
        ...(harness.capabilities.writeAheadLog && { checkpoint: { intervalMs: 100, walSizeBytes: 0 } }),
      })
      const round: Round = { maintainer, store, clock, random, ends: [] }
      for (let call = 0; call < CALLS_PER_ROUND; call++) {
        callAtRandom(round, call > CALLS_PER_ROUND * 0.8)
        if (random() < 0.12) await turns(1)
        // Or no run would ever come to its task.
        if (isFar && call % 100 === 50) {
          round.ends.push(endOf(maintainer.stop()))
          await round.ends.at(-1)
          round.ends.push(endOf(maintainer.runNow()))
          await round.ends.at(-1)
        }
      }
      await store.close({ maintenanceOnClose: false })
      const ends = new Set(await Promise.all(round.ends))
      expect([...ends].filter((end) => !WELL.includes(end))).toEqual([])
      expect(maintainer.stats()).toMatchObject({ state: 'stopped', isRunInFlight: false, nextRunAt: undefined })
      expect([clock.pendingCount, storeClock.pendingCount, counts.now]).toEqual([0, 0, 0])
      checkpointCount += maintainer.stats().checkpoint?.runCount.ok ?? 0
    }
    expect(counts.most).toBe(1)
    expect(counts.runs > roundCount).toBe(true)
    if (!harness.capabilities.writeAheadLog) expect(checkpointCount).toBe(0)
    // Far away hardly one ends before the next call stops it.
    else if (!isFar) expect(checkpointCount > roundCount).toBe(true)
  })
}
