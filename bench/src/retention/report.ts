/** The figures of the retention bench as Markdown. */
import { largest } from '../statistics.ts'
import type { BesideTrafficResult } from './beside-traffic.ts'
import type { CrashLoopResult } from './crash-loop.ts'
import type { MemoryGrowth } from './protocols.ts'

/** What was measured. */
export interface RetentionFigures {
  readonly machine: string
  readonly eventCount: number
  readonly besideTraffic: readonly BesideTrafficResult[]
  readonly crashLoop: CrashLoopResult | undefined
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
const list = (counts: object): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'

const growth = ({ rssBytes, heapBytes, heapKeptBytes }: MemoryGrowth): string =>
  `at most ${mib(rssBytes)} MiB more (heap ${mib(heapBytes)}, ${mib(heapKeptBytes)} after a collection)`

function besideTraffic({ rest, ...result }: BesideTrafficResult): string {
  const { task, traffic, memory, elapsedMs } = result
  const lag = (report: typeof traffic): number => largest([report.lag.histogramMaxMs, report.lag.timerMaxMs])
  const deleted = Number(task?.counters?.deletedRowCount ?? 0)
  return [
    `### ${result.withCallback ? 'With `onDeleted`' : 'Without a callback'}, durability ${result.durability}`,
    '',
    `- ${deleted} rows deleted in ${(elapsedMs / 1000).toFixed(1)} s, ${Math.round(deleted / (elapsedMs / 1000))} per second: ` +
      `${task?.status}; ${list(task?.counters ?? {})}`,
    `- ${result.leftCount} old rows left, ${result.toldCount} ids told`,
    `- memory: ${growth(memory)}; of the traffic alone: ${growth(rest.memory)}`,
    `- log at most ${mib(result.walPeakBytes)} MiB`,
    '',
    '| | writes p50 | p99 | max | reads p99 | max | event loop max | errors |',
    '|---|---:|---:|---:|---:|---:|---:|---|',
    ...[['alone', rest.traffic] as const, ['beside it', traffic] as const].map(
      ([name, { writes, reads, ...report }]) =>
        `| ${name} | ${ms(writes.p50Ms)} | ${ms(writes.p99Ms)} | ${ms(writes.maxMs)} | ${ms(reads.p99Ms)} | ` +
        `${ms(reads.maxMs)} | ${ms(lag({ writes, reads, ...report }))} | ${list(report.errors)} |`,
    ),
    '',
  ].join('\n')
}

function crashLoop(result: CrashLoopResult): string {
  return [
    '### Killed in the midst of it',
    '',
    `- ${result.killCount} processes killed, after: ${list(result.killedAfter)}`,
    `- ${result.deletedCount} rows deleted, ${result.leftCount} old ones left, ${result.waitingCount} batches not told`,
    `- lost: ${result.lostCount}; told though they are there: ${result.wronglyToldCount}; told again: ${result.toldAgainCount}`,
    '',
  ].join('\n')
}

/** All of it. */
export function formatRetention(figures: RetentionFigures): string {
  return [
    `## Retention of ${figures.eventCount} rows, every other one too old`,
    '',
    'Milliseconds. No index but that of the key; batches of 100 rows; beside it a write every 5 ms and a read every 2 ms.',
    'Targets: writes p99 ≤ 15 ms, at most 20 MiB more memory, nothing lost.',
    '',
    figures.machine,
    '',
    ...figures.besideTraffic.map(besideTraffic),
    ...(figures.crashLoop === undefined ? [] : [crashLoop(figures.crashLoop)]),
  ].join('\n')
}
