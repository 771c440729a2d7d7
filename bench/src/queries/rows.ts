/**
 * The rows of the table: what one call does, how many calls make a slice, which figure counts, what it is held to.
 *
 * It does not run anything.
 */
import type { Answer, Contender } from '../contenders/contender.ts'
import { createDraft, ITEM_COUNT, TYPED_ITEM_COUNT } from '../contenders/schema.ts'

/** How many calls are under way at once: one, or 32 in a `Promise.all`. For what is synchronous both are a loop. */
export type Concurrency = 1 | 32

/** What Upkeep is held to. */
export interface Target {
  /** At most this many times the raw driver's time. */
  readonly raw: number
  /** At most this share of stock Kysely's time. */
  readonly stock?: number
}

/** One row of the table. */
export interface BenchRow {
  readonly name: string
  readonly title: string
  /**
   * `median`: the median over rounds of the ratio to raw in the same round. `mean`: all time over all calls, so that the
   * rare slow calls (checkpoints, syncs) count with their weight.
   */
  readonly statistic: 'median' | 'mean'
  /** Calls in a slice, by concurrency; one that is absent is not measured. */
  readonly calls: Readonly<Partial<Record<Concurrency, number>>>
  /** Whether `--quick` leaves the 32 out, since a single round takes seconds. */
  readonly heavy: boolean
  /** Rows of the database one call reads or writes. */
  readonly rowsPerCall: number
  /** Whether each call adds that many rows to the table. */
  readonly inserts: boolean
  readonly target?: Target
  /** Whether the library has such an operation. */
  isSupported(contender: Contender): boolean
  /** One call; `n` picks the rows. */
  call(contender: Contender, n: number): Answer<unknown>
  /** Rows according to the answer of a call. */
  count(answer: unknown): number
}

const DRAFTS = Array.from({ length: 1000 }, (_, n) => createDraft(n))

// Spreads consecutive numbers over the whole table, the same way for every contender.
function pickId(n: number, count: number): number {
  return ((Math.imul(n + 1, 2_654_435_761) >>> 0) % count) + 1
}

const always = (): boolean => true
const present = (answer: unknown): number => (answer === undefined || answer === null ? 0 : 1)
const length = (answer: unknown): number => (answer as readonly unknown[]).length
const changed = (answer: unknown): number => answer as number
const streamed = (answer: unknown): number => (answer as { rowCount: number }).rowCount

/** See the module. */
export const ROWS: readonly BenchRow[] = [
  {
    name: 'point',
    title: 'point select by primary key',
    statistic: 'median',
    calls: { 1: 256, 32: 256 },
    heavy: false,
    rowsPerCall: 1,
    inserts: false,
    target: { raw: 3, stock: 0.45 },
    isSupported: always,
    call: (contender, n) => contender.pointSelect(pickId(n, ITEM_COUNT)),
    count: present,
  },
  {
    name: 'rows-100',
    title: 'select of 100 rows',
    statistic: 'median',
    calls: { 1: 32, 32: 32 },
    heavy: false,
    rowsPerCall: 100,
    inserts: false,
    target: { raw: 1.15 },
    isSupported: always,
    call: (contender, n) => contender.pageSelect(pickId(n, ITEM_COUNT - 100), 100),
    count: length,
  },
  {
    name: 'rows-10000',
    title: 'select of 10,000 rows',
    statistic: 'median',
    calls: { 1: 1, 32: 32 },
    heavy: true,
    rowsPerCall: 10_000,
    inserts: false,
    target: { raw: 1.1 },
    isSupported: always,
    call: (contender, n) => contender.pageSelect(pickId(n, ITEM_COUNT - 10_000), 10_000),
    count: length,
  },
  {
    name: 'stream',
    title: 'stream of 100,000 rows',
    statistic: 'median',
    calls: { 1: 1, 32: 32 },
    heavy: true,
    rowsPerCall: ITEM_COUNT,
    inserts: false,
    target: { raw: 1.35 },
    isSupported: (contender) => contender.stream !== undefined,
    call: (contender) => contender.stream?.(ITEM_COUNT),
    count: streamed,
  },
  {
    name: 'typed-point',
    title: 'point select with boolean, instant and JSON',
    statistic: 'median',
    calls: { 1: 256 },
    heavy: false,
    rowsPerCall: 1,
    inserts: false,
    isSupported: always,
    call: (contender, n) => contender.typedSelect(pickId(n, TYPED_ITEM_COUNT)),
    count: present,
  },
  {
    name: 'insert',
    title: 'single insert, autocommit',
    statistic: 'mean',
    calls: { 1: 256, 32: 256 },
    heavy: false,
    rowsPerCall: 1,
    inserts: true,
    target: { raw: 1.3 },
    isSupported: always,
    call: (contender, n) => contender.insertOne(DRAFTS[n % 1000] as (typeof DRAFTS)[number]),
    // Every driver answers with something else; the rows are counted in the table afterwards.
    count: () => 1,
  },
  {
    name: 'insert-1000',
    title: '1000 inserts in a transaction',
    statistic: 'median',
    calls: { 1: 1, 32: 32 },
    heavy: true,
    rowsPerCall: 1000,
    inserts: true,
    target: { raw: 3 },
    isSupported: always,
    call: (contender) => contender.insertMany(DRAFTS),
    count: () => 1000,
  },
  {
    name: 'update',
    title: 'single update, autocommit',
    statistic: 'mean',
    calls: { 1: 256, 32: 256 },
    heavy: false,
    rowsPerCall: 1,
    inserts: false,
    target: { raw: 1.3 },
    isSupported: always,
    call: (contender, n) => contender.updateOne(pickId(n, ITEM_COUNT), n % 1000),
    count: changed,
  },
  {
    name: 'transaction',
    title: 'transaction: select and update',
    statistic: 'mean',
    calls: { 1: 256, 32: 256 },
    heavy: false,
    rowsPerCall: 1,
    inserts: false,
    target: { raw: 1.6 },
    isSupported: always,
    call: (contender, n) => contender.readAndUpdate(pickId(n, ITEM_COUNT)),
    count: changed,
  },
]

/** The row of that name; throws for a name that is none. */
export function findRow(name: string): BenchRow {
  const row = ROWS.find((candidate) => candidate.name === name)
  if (row === undefined) throw new Error(`unknown row '${name}'; there are ${ROWS.map((r) => r.name).join(', ')}`)
  return row
}
