/**
 * How late the event loop is, measured twice: by Node's own histogram and by a timer of one millisecond. Either alone
 * could miss something; the larger counts.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { quantile } from '../statistics.ts'

/** Milliseconds by which the loop was late. */
export interface LagReport {
  /** `monitorEventLoopDelay`, its own resolution of 1 ms taken off. */
  readonly histogramMaxMs: number
  /** A timer of 1 ms against the clock. */
  readonly timerMaxMs: number
  readonly timerP99Ms: number
}

const TICK_MS = 1

/** Watches until `stop`. */
export function watchEventLoop(): { stop(): LagReport } {
  const histogram = monitorEventLoopDelay({ resolution: TICK_MS })
  const driftsMs: number[] = []
  let due = performance.now() + TICK_MS
  let timer = setTimeout(tick, TICK_MS)
  function tick(): void {
    const now = performance.now()
    driftsMs.push(Math.max(0, now - due))
    due = now + TICK_MS
    timer = setTimeout(tick, TICK_MS)
  }
  histogram.enable()
  return {
    stop: () => {
      // What holds the loop right now counts too.
      driftsMs.push(Math.max(0, performance.now() - due))
      clearTimeout(timer)
      histogram.disable()
      return {
        histogramMaxMs: Math.max(0, histogram.max / 1e6 - TICK_MS),
        timerMaxMs: quantile(driftsMs, 1),
        timerP99Ms: quantile(driftsMs, 0.99),
      }
    },
  }
}
