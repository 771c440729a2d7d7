/**
 * One timed slice: the calls of one row on one contender, and how long they took.
 *
 * It checks the number of rows of every slice: a contender that skips work fails instead of winning.
 */
import type { Contender } from '../contenders/contender.ts'
import type { BenchRow, Concurrency } from './rows.ts'

/** Which calls to make. */
export interface SliceOptions {
  readonly concurrency: Concurrency
  readonly calls: number
  /** Number of the first call; the rows that are read or written follow from it. */
  readonly first: number
}

/** Makes the calls; answers the elapsed nanoseconds. */
export async function runSlice(row: BenchRow, contender: Contender, options: SliceOptions): Promise<number> {
  const startedAt = process.hrtime.bigint()
  const rowCount = contender.synchronous
    ? runLoop(row, contender, options)
    : options.concurrency === 1
      ? await runOneByOne(row, contender, options)
      : await runTogether(row, contender, options)
  const elapsedNs = Number(process.hrtime.bigint() - startedAt)
  const expected = options.calls * row.rowsPerCall
  if (rowCount !== expected) throw new Error(`row '${row.name}': ${rowCount} rows instead of ${expected}`)
  return elapsedNs
}

function runLoop(row: BenchRow, contender: Contender, { calls, first }: SliceOptions): number {
  let rowCount = 0
  for (let n = first; n < first + calls; n++) rowCount += row.count(row.call(contender, n))
  return rowCount
}

async function runOneByOne(row: BenchRow, contender: Contender, { calls, first }: SliceOptions): Promise<number> {
  let rowCount = 0
  for (let n = first; n < first + calls; n++) rowCount += row.count(await row.call(contender, n))
  return rowCount
}

async function runTogether(row: BenchRow, contender: Contender, options: SliceOptions): Promise<number> {
  const { calls, concurrency, first } = options
  let rowCount = 0
  for (let n = first; n < first + calls; n += concurrency) {
    const answers = await Promise.all(Array.from({ length: concurrency }, (_, k) => row.call(contender, n + k)))
    for (const answer of answers) rowCount += row.count(answer)
  }
  return rowCount
}
