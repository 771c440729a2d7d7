/** Scenario: a million rows, every other one of which is too old, under retention beside traffic. */
import { join } from 'node:path'
import { Child } from '../child.ts'
import type { Durability } from '../maintenance/protocols.ts'
import type { TrafficReport } from '../maintenance/traffic.ts'
import { tell } from '../maintenance/workshop.ts'
import type { MemoryGrowth, RetentionProtocol, RetentionResult } from './protocols.ts'

/** How much there is, and how long the traffic is alone. */
export interface BesideTrafficSize {
  readonly eventCount: number
  readonly documentCount: number
  readonly restMs: number
}

/** See the module. */
export interface BesideTrafficResult extends RetentionResult {
  readonly withCallback: boolean
  readonly durability: Durability
  readonly rest: { readonly traffic: TrafficReport; readonly memory: MemoryGrowth }
}

/** A process that makes the database at `path`. */
export async function buildRetained(path: string, { eventCount, documentCount }: BesideTrafficSize): Promise<void> {
  const host = await startRetentionHost()
  await host.ask('build', { path, eventCount, documentCount })
  await host.stop()
}

/** Runs it on the database at `path`, which nobody else has open. */
export async function runBesideTraffic(
  path: string,
  { documentCount, restMs }: BesideTrafficSize,
  withCallback: boolean,
  durability: Durability,
): Promise<BesideTrafficResult> {
  const host = await startRetentionHost()
  await host.ask('open', { path, durability })
  // The first moments compile code and fill caches.
  await host.ask('rest', { documentCount, durationMs: restMs })
  const rest = await host.ask('rest', { documentCount, durationMs: restMs })
  const result = await host.ask('retain', { documentCount, withCallback })
  await host.ask('close', null)
  await host.stop()
  tell(`retention${withCallback ? ' with a callback' : ''}, ${durability}: ${result.elapsedMs.toFixed(0)} ms`)
  return { ...result, rest, withCallback, durability }
}

function startRetentionHost(): Promise<Child<RetentionProtocol>> {
  const script = join(import.meta.dirname, 'host.ts')
  return Child.start<RetentionProtocol>({ name: 'store', script, execArgv: ['--expose-gc'] })
}
