/**
 * Turns the scenarios' results into Markdown, each demand beside what was measured.
 */
import { largest, median } from '../statistics.ts'
import type { AutoResult } from './auto-beside-traffic.ts'
import type { CrowdResult } from './crowd.ts'
import { type AbortResult, findStep, type VacuumTiming, type WriterResult } from './full-vacuum.ts'
import type { MaintenanceRun } from './protocols.ts'
import type { TrafficReport } from './traffic.ts'

/** What a report is made of; a scenario that was not run is absent. */
export interface MaintenanceResults {
  readonly autos: readonly AutoResult[]
  readonly vacuum: VacuumTiming | undefined
  readonly aborts: readonly AbortResult[]
  readonly writer: WriterResult | undefined
  readonly crowd: CrowdResult | undefined
  readonly machine: string
  /** Size of the database all scenarios start from. */
  readonly sizeBytes: number
}

/** The demands. */
const LIMITS = {
  lagMs: 15,
  writeP99Ms: 10,
  totalToPlain: 1.3,
  abortMs: 250,
  walBytes: 4 * 2 ** 20,
  writerMs: 400,
} as const

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function verdict(met: boolean): string {
  return met ? 'met' : '**missed**'
}

function counts(values: Readonly<Record<string, number>>): string {
  const entries = Object.entries(values)
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} × ${count}`).join(', ')
}

function largestLag({ lag }: TrafficReport): number {
  return Math.max(lag.histogramMaxMs, lag.timerMaxMs)
}

function describeSteps(run: MaintenanceRun): string {
  const steps = run.report?.steps ?? []
  const lines = steps.map((step) => {
    const reason = step.reason === undefined ? '' : ` (${step.reason})`
    return `${step.name} ${step.status} ${ms(step.durationMs)}${reason}`
  })
  return `${run.errorCode ?? run.report?.outcome ?? 'no report'}: ${lines.join('; ')}`
}

function trafficRow(title: string, { writes, reads, errors }: TrafficReport, lag: number): string {
  const cells = [writes, reads].flatMap(({ p50Ms, p99Ms, maxMs }) => [ms(p50Ms), ms(p99Ms), ms(maxMs)])
  return `| ${title} | ${cells.join(' | ')} | ${ms(lag)} | ${counts(errors)} |`
}

function formatAuto({ durability, disk, rest, during, run, plainVacuums, sizeBytes }: AutoResult): string {
  const lagMs = largestLag(during)
  const plainMs = median(plainVacuums.map(({ elapsedMs }) => elapsedMs))
  const ratio = run.elapsedMs / plainMs
  const plain = plainVacuums.map(({ elapsedMs }) => ms(elapsedMs)).join(' before and ')
  return `### Mode \`auto\` beside traffic, durability ${durability}

| | writes p50 | p99 | max | reads p50 | p99 | max | largest event-loop lag | errors |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| the disk alone: a page written and synced | ${ms(disk.p50Ms)} | ${ms(disk.p99Ms)} | ${ms(disk.maxMs)} | | | | | |
${trafficRow('at rest', rest, largestLag(rest))}
${trafficRow('during', during, lagMs)}

| | measured | demanded | |
| --- | ---: | ---: | --- |
| largest event-loop lag | ${ms(lagMs)} | ≤ ${LIMITS.lagMs} ms | ${verdict(lagMs <= LIMITS.lagMs)} |
| writes, p99 | ${ms(during.writes.p99Ms)} | ≤ ${LIMITS.writeP99Ms} ms | ${verdict(during.writes.p99Ms <= LIMITS.writeP99Ms)} |
| total | ${ms(run.elapsedMs)} | | |
| plain VACUUM (${plainVacuums[0]?.tool}) | ${plain} after | | |
| total / plain VACUUM | ${ratio.toFixed(2)} | ≤ ${LIMITS.totalToPlain} | ${verdict(ratio <= LIMITS.totalToPlain)} |
| file | ${mib(sizeBytes.before)} → ${mib(sizeBytes.after)} | | |
| write-ahead log after | ${mib(sizeBytes.walAfter)} | | |

${describeSteps(run)}
`
}

function formatAborts(timing: VacuumTiming, aborts: readonly AbortResult[]): string {
  const rows = aborts.map((abort) => {
    const wal = largest([abort.walBytes.settled, abort.walBytes.afterWrite])
    const met =
      abort.run.errorCode === 'ABORTED' &&
      abort.lockMs <= LIMITS.abortMs &&
      abort.integrity === 'ok' &&
      wal <= LIMITS.walBytes
    const cells = [
      `${abort.share * 100} %`,
      ms(abort.lockMs),
      ms(abort.settledMs),
      ms(abort.nextWriteMs),
      abort.integrity,
      mib(wal),
      `${abort.run.errorCode ?? abort.run.report?.outcome}, vacuum ${findStep(abort.run, 'vacuum')?.status}`,
      abort.finished ? 'came too late' : verdict(met),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return `### Abort of a full VACUUM

Undisturbed it took ${ms(timing.vacuumMs)} (the whole call ${ms(timing.run.elapsedMs)}). Demanded: another process has the
write lock within ${LIMITS.abortMs} ms, integrity ok, the next write succeeds, the write-ahead log under 4 MiB.

| aborted at | lock free after | call settled after | next write | integrity | log after | outcome | |
| ---: | ---: | ---: | ---: | --- | ---: | --- | --- |
${rows.join('\n')}
`
}

function formatWriter({ run, writeMs }: WriterResult): string {
  const step = findStep(run, 'vacuum')
  return `### A writer during a full VACUUM, with the default \`maxWriteWaitMs\`

It waited ${ms(writeMs)} (demanded ≤ ${LIMITS.writerMs} ms: ${verdict(writeMs <= LIMITS.writerMs)}). The step says: ${step?.status}, ${step?.reason ?? 'no reason'}.
`
}

function formatCrowd(crowd: CrowdResult): string {
  const lost = crowd.committed - crowd.counter
  const clean = lost === 0 && crowd.ledgerCount === crowd.counter && Object.keys(crowd.errors).length === 0
  const perSecond = (1000 * crowd.committed) / crowd.durationMs
  return `### Eight processes write, a ninth maintains, for ${crowd.durationMs / 1000} s

| | |
| --- | --- |
| transactions | ${crowd.committed} (${perSecond.toFixed(0)} per second) |
| counter, ledger | ${crowd.counter}, ${crowd.ledgerCount}: ${lost} updates lost |
| errors surfaced | ${counts(crowd.errors)} |
| latency, worst writer | p99 ${ms(crowd.p99Ms)}, max ${ms(crowd.maxMs)} |
| integrity | ${crowd.integrity} |
| maintenance | ${counts(crowd.maintenance.outcomes)}; errors: ${counts(crowd.maintenance.errors)} |
| demanded: no lost update, no BUSY | ${verdict(clean)} |
`
}

/** The section for the document, or for the terminal. */
export function formatMaintenance(results: MaintenanceResults): string {
  const { autos, vacuum, aborts, writer, crowd, machine, sizeBytes } = results
  return `## Maintenance

A database of ${mib(sizeBytes)} with incremental auto-vacuum, about half of its documents deleted, dispersed.

${autos.map(formatAuto).join('\n')}
${vacuum === undefined || aborts.length === 0 ? '' : formatAborts(vacuum, aborts)}
${writer === undefined ? '' : formatWriter(writer)}
${crowd === undefined ? '' : formatCrowd(crowd)}
${machine}

How it is measured: the store lives in a process of its own, with its default settings (durability full unless said
otherwise), and nothing else in that process touches the file; locks, integrity and the counter are looked at from other
processes. Traffic is a write every 5 ms and a read every 2 ms, begun on time whether or not the one before has ended;
latencies count from when an operation was due. With durability full every commit waits for the disk on the caller's
thread: compare with what the same disk does at rest. The event-loop lag is the larger of \`monitorEventLoopDelay\` and of
the drift of a 1 ms timer. The plain VACUUM works on a copy of the same database and has the machine for itself. Every
scenario starts from a fresh copy, after a sync.
`
}
