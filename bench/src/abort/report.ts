/** The figures of the bench of aborts as Markdown. */
import { largest, median } from '../statistics.ts'
import type { AbortKind, AbortResult } from './protocols.ts'

/** What was measured. */
export interface AbortFigures {
  readonly machine: string
  readonly rowCount: number
  /** Moments are spread over so long. */
  readonly spanMs: number
  readonly results: readonly { readonly kind: AbortKind; readonly result: AbortResult; readonly lagMs: number }[]
}

const ms = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(value < 10 ? 2 : 0))

function row({ kind, result, lagMs }: AbortFigures['results'][number]): string {
  const { unlockedMs, settledMs, doneCount, maxLagMs } = result
  const figures = [median(unlockedMs), largest(unlockedMs), median(settledMs), largest(settledMs), maxLagMs, lagMs]
  return `| ${kind} | ${unlockedMs.length} | ${doneCount} | ${figures.map(ms).join(' | ')} |`
}

/** All of it. */
export function formatAbort({ machine, rowCount, spanMs, results }: AbortFigures): string {
  const rows = rowCount.toLocaleString('en-US')
  return [
    '## From an abort until the engine has stopped',
    '',
    `On a table of ${rows} rows; the sort has no index to read by, the update changes all of them. Each is aborted at a`,
    `random moment of its first ${spanMs} ms. "Unlocked": until another process, which asks when the abort is given and then`,
    'every 0.2 ms, has had the write lock; reads run in a transaction that holds it. "Settled": until the promise has.',
    '"Lag": by how much a timer of 1 ms was late at worst, roll-backs included; the last column without any signal, where a',
    'timeout of the same length ends the statement. No text comes twice, so that none is known to be long. The threads of',
    'the store have started before. Targets: p50 at most 5 ms and 250 ms at worst, lag at most 30 ms.',
    '',
    machine,
    '',
    '| statement | stopped | done before | unlocked p50 ms | max ms | settled p50 ms | max ms | lag ms | lag without signal ms |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...results.map(row),
    '',
  ].join('\n')
}
