// health() over an engine that is none: it answers when the test says, and stats are what the test says.
import type {
  Engine,
  HealthFinding,
  HealthOptions,
  LatencyStats,
  StatementContext,
  StoreAttachment,
  StoreStats,
} from '@upkeep/core'
import { resolveHealthOptions } from '../../dist/open/health-options.js'
import { HealthMonitor } from '../../dist/store/health-monitor.js'
import { createManualClock, type ManualClock } from './manual-clock.ts'

export const NO_LATENCY: LatencyStats = { windowMs: 60_000, count: 0 }

/** One question that the engine has been asked. */
export interface Question {
  readonly signal: AbortSignal | undefined
  answer(): void
  fail(error: unknown): void
}

export interface FakeHealth {
  readonly monitor: HealthMonitor
  readonly clock: ManualClock
  /** Every `ping` so far. */
  readonly questions: readonly Question[]
  /** What `close()` would stop. */
  readonly attached: ReadonlySet<StoreAttachment>
  /** What the store says of itself from now on. */
  stats: Pick<StoreStats, 'latency' | 'engine'>
  oldestMs: number | undefined
  writable: boolean
  recall: () => Promise<string | undefined>
  findings: readonly HealthFinding[] | Error
}

/** `answers: false` leaves every question open until the test answers it. */
export function createFakeHealth(options: HealthOptions = {}, { answers = true } = {}): FakeHealth {
  const clock = createManualClock()
  const questions: Question[] = []
  const attached = new Set<StoreAttachment>()
  const engine = {
    get capabilities() {
      return { writable: fake.writable }
    },
    ping: ({ signal }: StatementContext) =>
      new Promise<void>((answer, fail) => {
        questions.push({ signal, answer, fail })
        if (answers) answer()
      }),
    recall: () => fake.recall(),
    health: async () => {
      if (fake.findings instanceof Error) throw fake.findings
      return fake.findings
    },
  } as unknown as Engine
  const store = {
    engine,
    clock,
    openedMs: clock.monotonicMs(),
    stats: () => fake.stats as StoreStats,
    oldestOperationMs: () => fake.oldestMs,
    attach: (attachment: StoreAttachment) => {
      attached.add(attachment)
      return () => void attached.delete(attachment)
    },
  }
  const fake: FakeHealth = {
    monitor: new HealthMonitor(store, resolveHealthOptions(options)),
    clock,
    questions,
    attached,
    stats: { latency: NO_LATENCY, engine: { executors: {} } },
    oldestMs: undefined,
    writable: true,
    recall: async () => undefined,
    findings: [],
  }
  return fake
}
