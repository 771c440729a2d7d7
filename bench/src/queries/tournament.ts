/**
 * Runs the contenders against each other: every round gives each of them one short slice of the same calls, so that
 * what else the machine does hits all alike, and ratios are taken within a round.
 *
 * It prints nothing and judges nothing.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ContenderName } from '../contenders/registry.ts'
import { largest, median, quantile, sum } from '../statistics.ts'
import type { ContenderProcess } from './contender-process.ts'
import type { BenchRow, Concurrency } from './rows.ts'

/** How long to run. */
export interface TournamentOptions {
  /** Time for the rounds of one row at one concurrency, warm-up not included. */
  readonly rowMs: number
  /** Untimed running before that, of each contender. */
  readonly warmUpMs: number
  /** Rounds that are run even if they take longer. */
  readonly minRounds: number
}

/** A contender's figures in one row. */
export interface Figures {
  /** Nanoseconds per call, one for each round. */
  readonly roundsNs: readonly number[]
  /** The figure of the row's own statistic, in microseconds per call. */
  readonly callUs: number
  /** The row's own statistic relative to raw. `undefined` where raw did not run. */
  readonly toRaw: number | undefined
  /** Relative to stock Kysely. */
  readonly toStock: number | undefined
  /** Both statistics relative to raw, and the middle half of the rounds. */
  readonly spread:
    | { readonly median: number; readonly mean: number; readonly p25: number; readonly p75: number }
    | undefined
}

/** One line of the table. */
export interface RowResult {
  readonly row: BenchRow
  readonly concurrency: Concurrency
  readonly rounds: number
  /** A contender is absent if its library has no such operation. */
  readonly figures: ReadonlyMap<ContenderName, Figures>
}

/** Fails unless every contender answers each row as the first one does; answers who takes part in which row. */
export async function verifyAnswers(
  contenders: readonly ContenderProcess[],
  rows: readonly BenchRow[],
): Promise<ReadonlyMap<BenchRow, readonly ContenderProcess[]>> {
  const takingPart = new Map<BenchRow, readonly ContenderProcess[]>()
  for (const row of rows) {
    const able: ContenderProcess[] = []
    let expected: unknown
    for (const contender of contenders) {
      const answer = await contender.child.ask('sample', { row: row.name })
      await contender.child.ask('reset', null)
      if (!answer.supported) continue
      const size = row.inserts ? (answer.value as readonly unknown[]).length : row.count(answer.value)
      if (size !== row.rowsPerCall) throw new Error(`${contender.name}, row '${row.name}': ${size} rows`)
      if (able.length === 0) expected = answer.value
      else if (!isDeepStrictEqual(answer.value, expected)) {
        throw new Error(`${contender.name}, row '${row.name}': answers differently from ${able[0]?.name}`)
      }
      able.push(contender)
    }
    takingPart.set(row, able)
  }
  return takingPart
}

/** One row at one concurrency. */
export async function runRow(
  row: BenchRow,
  concurrency: Concurrency,
  contenders: readonly ContenderProcess[],
  options: TournamentOptions,
): Promise<RowResult> {
  const calls = row.calls[concurrency] ?? concurrency
  let first = 0
  const slice = (): { concurrency: Concurrency; calls: number; first: number } => ({ concurrency, calls, first })
  // A call of a heavy row at 32 takes seconds: what one at a time has warmed up is warm enough.
  if (!(row.heavy && concurrency > 1)) {
    for (const contender of contenders) {
      await contender.child.ask('warmUp', { row: row.name, slice: slice(), durationMs: options.warmUpMs })
    }
  }
  // Wakes the caches after the wait for one's turn; where each call counts by its weight nothing is left out.
  const runIn = row.statistic === 'mean' || row.heavy ? 0 : Math.max(concurrency, calls / 8)
  const roundsNs = new Map(contenders.map((contender) => [contender, [] as number[]]))
  const endsAt = performance.now() + options.rowMs
  let rounds = 0
  while (rounds < options.minRounds || performance.now() < endsAt) {
    first += calls * 2
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + rounds) % contenders.length] as ContenderProcess
      const { elapsedNs } = await contender.child.ask('slice', { row: row.name, slice: slice(), runIn })
      roundsNs.get(contender)?.push(elapsedNs / calls)
    }
    rounds++
  }
  if (row.inserts) for (const contender of contenders) await contender.child.ask('reset', null)
  return { row, concurrency, rounds, figures: summarize(row, roundsNs) }
}

function summarize(
  row: BenchRow,
  rounds: ReadonlyMap<ContenderProcess, readonly number[]>,
): ReadonlyMap<ContenderName, Figures> {
  const byName = new Map([...rounds].map(([contender, values]) => [contender.name, values]))
  const raw = byName.get('raw')
  const stock = byName.get('kysely')
  const relate = (own: readonly number[], base: readonly number[] | undefined): number | undefined =>
    base && (row.statistic === 'mean' ? sum(own) / sum(base) : median(pair(own, base)))
  return new Map(
    [...byName].map(([name, own]) => [
      name,
      {
        roundsNs: own,
        callUs: (row.statistic === 'mean' ? sum(own) / own.length : median(own)) / 1000,
        toRaw: relate(own, raw),
        toStock: relate(own, stock),
        spread: raw && {
          median: median(pair(own, raw)),
          mean: sum(own) / sum(raw),
          p25: quantile(pair(own, raw), 0.25),
          p75: quantile(pair(own, raw), 0.75),
        },
      },
    ]),
  )
}

function pair(own: readonly number[], base: readonly number[]): number[] {
  return own.map((value, round) => value / (base[round] ?? Number.NaN))
}

/** The longest round of a row, for progress lines. */
export function longestRoundMs(result: RowResult): number {
  const calls = result.row.calls[result.concurrency] ?? 1
  return (largest([...result.figures.values()].flatMap((figures) => figures.roundsNs)) * calls) / 1e6
}
