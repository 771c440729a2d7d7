/**
 * Turns results into Markdown: the table with the targets, the spread behind it, the settings the contenders ran with,
 * and how it was measured. It decides nothing but the wording.
 */
import { SETTING_NAMES, type Settings } from '../contenders/contender.ts'
import type { ContenderName } from '../contenders/registry.ts'
import type { BenchRow, Concurrency } from './rows.ts'
import type { Figures, RowResult } from './tournament.ts'

/** The contender that the targets are about. */
const JUDGED: ContenderName = 'upkeep'

/** What a report is made of. */
export interface ReportInput {
  readonly results: readonly RowResult[]
  readonly contenders: readonly ContenderName[]
  readonly settings: ReadonlyMap<ContenderName, Settings>
  readonly machine: string
  readonly durability: 'normal' | 'full'
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function table(head: readonly string[], leftColumns: number, rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column < leftColumns ? '---' : '---:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

function ratio(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2)
}

function time(us: number): string {
  return us >= 1000 ? `${(us / 1000).toFixed(1)} ms` : `${us.toFixed(us < 100 ? 2 : 0)} µs`
}

/** One demand on the judged contender, and whether it was met. */
export interface Judgement {
  readonly row: BenchRow
  readonly concurrency: Concurrency
  readonly base: 'raw' | 'kysely'
  readonly limit: number
  readonly value: number
  readonly met: boolean
}

/** The row's demands against its figures; none where the contender or its base did not run. */
export function judge(result: RowResult): readonly Judgement[] {
  const figures = result.figures.get(JUDGED)
  const { row, concurrency } = result
  const judgement = (base: 'raw' | 'kysely', limit?: number, value?: number): readonly Judgement[] =>
    limit === undefined || value === undefined ? [] : [{ row, concurrency, base, limit, value, met: value <= limit }]
  return [
    ...judgement('raw', row.target?.raw, figures?.toRaw),
    ...judgement('kysely', row.target?.stock, figures?.toStock),
  ]
}

function targetCell(result: RowResult): string {
  const { target } = result.row
  if (target === undefined) return ''
  return target.stock === undefined ? `≤ ${target.raw}` : `≤ ${target.raw}, ≤ ${target.stock} of kysely`
}

function verdictCell(result: RowResult): string {
  const judgements = judge(result)
  if (judgements.length === 0) return ''
  const missed = judgements.filter((judgement) => !judgement.met)
  return missed.length === 0 ? 'met' : `**missed** (${missed.map((m) => `${ratio(m.value)} of ${m.base}`).join(', ')})`
}

function ratioTable({ results, contenders }: ReportInput): string {
  const head = ['', 'at once', 'raw, per call', ...contenders.filter((name) => name !== 'raw')]
  const judged = contenders.includes(JUDGED)
  const rows = results.map((result) => {
    const raw = result.figures.get('raw')
    return [
      `${result.row.title}${result.row.statistic === 'mean' ? ' ¹' : ''}`,
      `${result.concurrency}`,
      raw === undefined ? '–' : time(raw.callUs),
      ...contenders.filter((name) => name !== 'raw').map((name) => ratio(result.figures.get(name)?.toRaw)),
      ...(judged ? [ratio(result.figures.get(JUDGED)?.toStock), targetCell(result), verdictCell(result)] : []),
    ]
  })
  return table([...head, ...(judged ? [`${JUDGED} / kysely`, 'target', ''] : [])], 1, rows)
}

function spreadCell(figures: Figures | undefined): string {
  if (figures?.spread === undefined) return '–'
  const { median, mean, p25, p75 } = figures.spread
  return `${ratio(median)} / ${ratio(mean)} (${ratio(p25)}–${ratio(p75)})`
}

function spreadTable({ results, contenders }: ReportInput): string {
  const others = contenders.filter((name) => name !== 'raw')
  const rows = results.map((result) => [
    result.row.name,
    `${result.concurrency}`,
    `${result.rounds}`,
    ...others.map((name) => spreadCell(result.figures.get(name))),
  ])
  return table(['', 'at once', 'rounds', ...others], 1, rows)
}

function settingsTable({ contenders, settings }: ReportInput): string {
  const rows = SETTING_NAMES.map((name) => [
    `\`${name}\``,
    ...contenders.map((contender) => String(settings.get(contender)?.[name] ?? '–')),
  ])
  return table(['', ...contenders], 1, rows)
}

function method({ durability }: ReportInput): string {
  return `How it is measured: every contender runs in a process of its own on its own copy of the same database
(WAL, \`synchronous=${durability.toUpperCase()}\`), the same statements over the same columns; every answer is checked.
Rounds give each contender one short slice in turn, and ratios are taken within a round; the figure is the median of the
rounds' ratios. ¹ Small write transactions: all time over all calls instead, since a median would leave out the checkpoints.
raw is better-sqlite3 with statements prepared once; it and drizzle are synchronous, so 32 at once is a loop there,
which lets go of each answer before the next, while the others have 32 answers alive.
kysely and upkeep build their query anew for each call, as does drizzle, while drizzle-prepared uses \`.prepare()\`.
A dash: the library cannot do it. kysely begins its transactions with BEGIN, all others with BEGIN IMMEDIATE.`
}

/** The table for the terminal. */
export function formatResults(input: ReportInput): string {
  return ratioTable(input)
}

/** The section for the document. */
export function formatSection(input: ReportInput): string {
  return `## Queries

Time per call relative to the raw driver (1 = raw; smaller is better).

${ratioTable(input)}

${input.machine}

<details><summary>Spread: median / mean of the ratios to raw (middle half of the rounds)</summary>

${spreadTable(input)}

</details>

<details><summary>Settings, as read back from the writing connection</summary>

${settingsTable(input)}

</details>

${method(input)}
`
}
