/**
 * A busy application: a write every 5 ms and a read every 2 ms, each begun on time whether or not the one before has
 * ended, so that a stall is felt by all it would have hit.
 *
 * Latencies count from the moment the operation was due, so that a held event loop shows in them too.
 */
import type { Kysely } from 'kysely'
import { type LatencySummary, summarizeLatencies } from '../statistics.ts'
import { type LagReport, watchEventLoop } from './event-loop-lag.ts'
import { type MaintainedSchema, readOnce, writeOnce } from './schema.ts'

/** What the application felt. */
export interface TrafficReport {
  readonly writes: LatencySummary
  readonly reads: LatencySummary
  readonly lag: LagReport
  /** Failed operations by error code. */
  readonly errors: Readonly<Record<string, number>>
}

const WRITE_EVERY_MS = 5
const READ_EVERY_MS = 2

/** A name for what was thrown. */
export function errorName(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code)
  return error instanceof Error ? error.name : String(error)
}

// Over the life of the process: what is written is new each time.
let writeCount = 0
let readCount = 0

/** Starts; `stop` waits for what is under way. */
export function startTraffic(db: Kysely<MaintainedSchema>, count: number): { stop(): Promise<TrafficReport> } {
  const errors: Record<string, number> = {}
  const underWay = new Set<Promise<void>>()
  const lag = watchEventLoop()

  function repeat(everyMs: number, operation: () => Promise<void>, latenciesMs: number[]): () => void {
    let due = performance.now() + everyMs
    let timer = setTimeout(tick, everyMs)
    async function run(dueAt: number): Promise<void> {
      try {
        await operation()
        latenciesMs.push(performance.now() - dueAt)
      } catch (error) {
        const name = errorName(error)
        errors[name] = (errors[name] ?? 0) + 1
      }
    }
    function tick(): void {
      // A timer of Node counts whole milliseconds: being early is no negative latency.
      const now = performance.now()
      while (due <= now + 1) {
        const running: Promise<void> = run(Math.min(due, now)).finally(() => underWay.delete(running))
        underWay.add(running)
        due += everyMs
      }
      timer = setTimeout(tick, Math.max(0, due - performance.now()))
    }
    return () => clearTimeout(timer)
  }

  const writesMs: number[] = []
  const readsMs: number[] = []
  const stops = [
    repeat(WRITE_EVERY_MS, () => writeOnce(db, writeCount++, count), writesMs),
    repeat(READ_EVERY_MS, () => readOnce(db, readCount++, count), readsMs),
  ]
  return {
    stop: async () => {
      for (const stop of stops) stop()
      const lagReport = lag.stop()
      await Promise.all(underWay)
      return { writes: summarizeLatencies(writesMs), reads: summarizeLatencies(readsMs), lag: lagReport, errors }
    },
  }
}
