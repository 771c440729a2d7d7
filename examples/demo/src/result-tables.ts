/** The tables at the heart of the demo: sizes before and after, latencies at rest and during maintenance. */
import type { Cell, ConsoleDisplay } from './console-display.ts'
import type { FileSizes } from './file-sizes.ts'
import { formatBytes, formatCount, formatMs, formatShare } from './format.ts'
import type { LatencyRecorder, Phase } from './latency-recorder.ts'

/** A phase with the largest lag of the event loop in it. */
export interface MeasuredPhase {
  readonly phase: Phase
  readonly maxLagMs: number
}

/** File and write-ahead log before and after, and what was given back. */
export function showSizes(display: ConsoleDisplay, before: FileSizes, after: FileSizes): void {
  const row = (name: string, from: number, to: number): Cell[] => [
    name,
    formatBytes(from),
    formatBytes(to),
    { text: from === 0 ? '–' : `${formatBytes(from - to)} (${formatShare((from - to) / from)})`, strong: true },
  ]
  display.table(
    ['', 'before', 'after', 'reclaimed'],
    [
      row('database file', before.fileBytes, after.fileBytes),
      row('write-ahead log', before.walBytes, after.walBytes),
      row('on disk', before.fileBytes + before.walBytes, after.fileBytes + after.walBytes),
    ],
  )
}

/** One column for each phase. */
export function showLatencies(
  display: ConsoleDisplay,
  recorder: LatencyRecorder,
  measured: readonly MeasuredPhase[],
): void {
  const columns = measured.map(({ phase, maxLagMs }) => ({
    read: recorder.summarize(phase, 'read'),
    write: recorder.summarize(phase, 'write'),
    durationMs: phase.endMs - phase.startMs,
    maxLagMs,
  }))
  const row = (name: string, figure: (column: (typeof columns)[number]) => string): string[] => [
    name,
    ...columns.map(figure),
  ]
  display.table(
    ['', ...measured.map(({ phase }) => phase.name)],
    [
      row('time', ({ durationMs }) => formatMs(durationMs)),
      row('requests', ({ read, write }) => formatCount(read.count + write.count)),
      row('reads   p50', ({ read }) => formatMs(read.p50Ms)),
      row('        p99', ({ read }) => formatMs(read.p99Ms)),
      row('        max', ({ read }) => formatMs(read.maxMs)),
      row('writes  p50', ({ write }) => formatMs(write.p50Ms)),
      row('        p99', ({ write }) => formatMs(write.p99Ms)),
      row('        max', ({ write }) => formatMs(write.maxMs)),
      row('event loop, largest lag', ({ maxLagMs }) => formatMs(maxLagMs)),
    ],
  )
}
