/**
 * What the chapters of one run of the demo share: the store, the traffic, the measuring, what went wrong.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@upkeep/core'
import type { ConsoleDisplay } from './console-display.ts'
import { formatMs } from './format.ts'
import { LatencyRecorder } from './latency-recorder.ts'
import { LoopLagMonitor } from './loop-lag-monitor.ts'
import type { DemoOptions } from './options.ts'
import type { MeasuredPhase } from './result-tables.ts'
import type { DemoSchema } from './schema.ts'
import { Traffic } from './traffic.ts'

const PAUSE_MS = 200
const SETTLE_MS = 10

/** A moment worth a mark in the chart. */
export interface Mark {
  readonly atMs: number
  readonly label: string
}

/** See the module. */
export class DemoRun {
  readonly store: Store<DemoSchema>
  readonly options: DemoOptions
  readonly signal: AbortSignal
  readonly display: ConsoleDisplay
  readonly recorder: LatencyRecorder = new LatencyRecorder()
  readonly lag: LoopLagMonitor
  readonly traffic: Traffic
  readonly measured: MeasuredPhase[] = []
  readonly marks: Mark[] = []
  readonly problems: string[] = []

  constructor(store: Store<DemoSchema>, options: DemoOptions, signal: AbortSignal, display: ConsoleDisplay) {
    this.store = store
    this.options = options
    this.signal = signal
    this.display = display
    this.lag = new LoopLagMonitor(() => this.recorder.nowMs())
    this.traffic = new Traffic(store, this.recorder, options.requestsPerSecond)
  }

  /**
   * Runs `work` as a phase of the chart and of the tables, after a pause in which the requests of the phase before are
   * answered: none of them must wait for what the next one does.
   */
  async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    await sleep(PAUSE_MS, undefined, { signal: this.signal })
    // The histogram sees nothing before its second tick.
    this.lag.takeMaxMs(this.recorder.nowMs())
    await sleep(SETTLE_MS, undefined, { signal: this.signal })
    const startMs = this.recorder.nowMs()
    this.recorder.begin(name)
    try {
      return await work()
    } finally {
      this.recorder.end()
      const phase = this.recorder.phases().at(-1)
      if (phase !== undefined) this.measured.push({ phase, maxLagMs: this.lag.takeMaxMs(startMs) })
    }
  }

  /** Notes `text` as a problem unless `condition` holds. */
  expect(condition: boolean, text: string): void {
    if (condition) return
    this.problems.push(text)
    this.display.problem(text)
  }

  /** The live figure at the end of a bar: the slowest request of the last second. */
  readonly note = (): string => `slowest ${formatMs(this.recorder.recentMaxMs(1000))}`
}
