/**
 * Scenario: eight processes write one file through stores of their own, a ninth maintains it meanwhile; at the end a
 * tenth counts.
 */
import { largest, sum } from '../statistics.ts'
import type { CrowdReport } from './protocols.ts'
import { startCrowdMember, startProbe, tell, type Workshop } from './workshop.ts'

/** See the module. */
export interface CrowdResult {
  readonly writers: readonly CrowdReport[]
  readonly durationMs: number
  /** Transactions that the writers were told are committed. */
  readonly committed: number
  /** What the database says. */
  readonly counter: number
  readonly ledgerCount: number
  readonly integrity: string
  /** Failures of writers by error code. */
  readonly errors: Readonly<Record<string, number>>
  /** The worst of the writers. */
  readonly p99Ms: number
  readonly maxMs: number
  readonly maintenance: {
    readonly outcomes: Readonly<Record<string, number>>
    readonly errors: Readonly<Record<string, number>>
  }
}

const WRITER_COUNT = 8

function addUp(reports: readonly CrowdReport[]): Record<string, number> {
  const errors: Record<string, number> = {}
  for (const report of reports) {
    for (const [name, count] of Object.entries(report.errors)) errors[name] = (errors[name] ?? 0) + count
  }
  return errors
}

/** Runs it. */
export async function runCrowd(workshop: Workshop, durationMs: number): Promise<CrowdResult> {
  const path = workshop.copyBase('crowd.db')
  const names = [...Array.from({ length: WRITER_COUNT }, (_, worker) => `writer ${worker}`), 'maintainer']
  const members = await Promise.all(names.map(startCrowdMember))
  await Promise.all(members.map((member) => member.ask('open', { path, durability: 'full' })))
  const [maintainer, ...writers] = members.toReversed()
  if (maintainer === undefined) throw new Error('nobody maintains')
  const [maintenance, ...reports] = await Promise.all([
    maintainer.ask('maintain', { durationMs }),
    ...writers.map((writer, worker) => writer.ask('write', { worker, durationMs })),
  ])
  for (const member of members) {
    await member.ask('close', null)
    await member.stop()
  }

  const probe = await startProbe()
  await probe.ask('open', { path })
  const { value, ledgerCount } = await probe.ask('readCounter', null)
  const integrity = await probe.ask('checkIntegrity', null)
  await probe.ask('close', null)
  await probe.stop()
  workshop.remove(path)

  const committed = sum(reports.map((report) => report.committed))
  tell(`eight writers: ${committed} transactions`)
  return {
    writers: reports,
    durationMs,
    committed,
    counter: value,
    ledgerCount,
    integrity,
    errors: addUp(reports),
    p99Ms: largest(reports.map((report) => report.latencies.p99Ms)),
    maxMs: largest(reports.map((report) => report.latencies.maxMs)),
    maintenance,
  }
}
