/**
 * Scenario: `maintenance({ mode: 'auto' })` of a database half of which was deleted, beside traffic; next to what a plain
 * VACUUM of the same database takes, before and after.
 */
import type { LatencySummary } from '../statistics.ts'
import { measureDisk } from './disk-latency.ts'
import type { Durability, MaintenanceRun } from './protocols.ts'
import { type PlainVacuum, runPlainVacuum } from './shell-vacuum.ts'
import type { TrafficReport } from './traffic.ts'
import { fileSizeBytes, startHost, tell, type Workshop, walSizeBytes } from './workshop.ts'

/** See the module. */
export interface AutoResult {
  readonly durability: Durability
  /** The disk alone, just before. */
  readonly disk: LatencySummary
  readonly rest: TrafficReport
  readonly during: TrafficReport
  readonly run: MaintenanceRun
  readonly plainVacuums: readonly PlainVacuum[]
  readonly sizeBytes: { readonly before: number; readonly after: number; readonly walAfter: number }
}

/** Runs it. */
export async function runAutoBesideTraffic(
  workshop: Workshop,
  restMs: number,
  durability: Durability,
): Promise<AutoResult> {
  const plainVacuums = [await runPlainVacuum(workshop.basePath, workshop.path('plain.db'))]
  const path = workshop.copyBase('auto.db')
  const disk = await measureDisk(workshop.path('disk.tmp'))
  const before = fileSizeBytes(path)
  const host = await startHost()
  await host.ask('open', { path, durability })
  const count = workshop.documentCount
  // The first moments compile code and fill caches.
  await host.ask('rest', { count, durationMs: restMs / 4 })
  const rest = await host.ask('rest', { count, durationMs: restMs })
  const { run, traffic } = await host.ask('maintain', { mode: 'auto', trafficCount: count })
  if (traffic === undefined) throw new Error('the traffic has no report')
  const sizeBytes = { before, after: fileSizeBytes(path), walAfter: walSizeBytes(path) }
  await host.ask('close', null)
  await host.stop()
  workshop.remove(path)
  plainVacuums.push(await runPlainVacuum(workshop.basePath, workshop.path('plain.db')))
  tell(`auto beside traffic, ${durability}: ${run.elapsedMs.toFixed(0)} ms, ${run.errorCode ?? run.report?.outcome}`)
  return { durability, disk, rest, during: traffic, run, plainVacuums, sizeBytes }
}
