/**
 * One maintenance run on Postgres, from the moment this process is the maintainer: plans, runs the steps it is told to,
 * keeps its claim, and gives everything back whatever happened.
 */
import {
  type Clock,
  isStoreError,
  type MaintenancePlan,
  type MaintenanceRun,
  type MaintenanceSession,
  type MaintenanceStepName,
  type MaintenanceStepResult,
  StoreError,
  type StoreLog,
} from '@upkeep/core'
import { onceAborted } from '@upkeep/core/backend'
import { chooseForAnalyze } from './choose-tables.ts'
import type { DedicatedClient } from './dedicated-client.ts'
import type { ServerFacts } from './detect-server.ts'
import { KeptClaim } from './kept-claim.ts'
import type { MaintainerHold } from './maintainer-lock.ts'
import { writeNotes } from './maintainer-notes.ts'
import type { ResolvedPostgresMaintenance } from './maintenance-options.ts'
import type { MaintenanceScope } from './maintenance-scope.ts'
import { isPostgresStep, type PostgresStepName, planServerSteps } from './plan-server-steps.ts'
import { readIndexes, reindex } from './reindex.ts'
import { checkpointServer, inspectServer, updateDatabaseStats } from './server-steps.ts'
import { readTables, readVacuumLimits } from './table-stats.ts'
import { analyzeTables, takesEverything, vacuumChoices, vacuumTables } from './table-steps.ts'

/** What a session is made of. */
export interface PostgresSessionParts {
  readonly run: MaintenanceRun
  readonly clock: Clock
  readonly log: StoreLog
  readonly options: ResolvedPostgresMaintenance
  readonly server: ServerFacts
  readonly client: DedicatedClient
  /** Opens the second connection. */
  openWatch(): Promise<DedicatedClient>
  /** The claim; `undefined` in a dry run. */
  readonly hold: MaintainerHold | undefined
}

/** The steps that tell their own progress. */
const TELLS: readonly PostgresStepName[] = ['vacuum', 'analyze', 'reindex']

export class PostgresMaintenance implements MaintenanceSession {
  readonly skip: string | undefined = undefined
  readonly #scope: MaintenanceScope
  readonly #parts: PostgresSessionParts
  readonly #claim: KeptClaim | undefined
  readonly #notes = new Map<string, string>()
  readonly #stop = new AbortController()
  readonly #leave: () => void
  #watch: Promise<DedicatedClient> | undefined

  constructor(parts: PostgresSessionParts) {
    const { run, clock, log, options, server, client, hold } = parts
    this.#parts = parts
    this.#leave = onceAborted(run.signal, () => this.#stop.abort(run.signal.reason))
    const schemas = options.schemas ?? server.searchPath
    const watch = (): Promise<DedicatedClient> => this.#watchClient()
    this.#scope = { run, clock, log, options, server, schemas, client, watch, signal: this.#stop.signal }
    if (hold?.kind === 'lease') this.#claim = new KeptClaim(hold, this.#scope, () => this.#stop.abort())
  }

  async plan(): Promise<MaintenancePlan> {
    const scope = this.#scope
    const { client, server, schemas, options, run } = scope
    if (!server.flavour.hasStatisticsViews)
      return planServerSteps(run, { server, options, vacuumCount: 0, urgentCount: 0, analyzeCount: 0, indexCount: 0 })
    const tables = await readTables(client.ask, server.version, schemas)
    const limits = await readVacuumLimits(client.ask)
    const toVacuum = vacuumChoices(scope, tables, limits)
    const mayReindex = options.reindex || run.steps?.includes('reindex') === true
    return planServerSteps(run, {
      server,
      options,
      vacuumCount: toVacuum.length,
      urgentCount: toVacuum.filter(({ freeze }) => freeze).length,
      analyzeCount: chooseForAnalyze(tables, limits, takesEverything(scope)).length,
      indexCount: mayReindex ? (await readIndexes(scope)).length : 0,
    })
  }

  remember(key: string, value: string): void {
    this.#notes.set(key, value)
  }

  async run(step: MaintenanceStepName): Promise<MaintenanceStepResult> {
    if (!isPostgresStep(step))
      throw new StoreError('UNSUPPORTED', `Postgres has no step "${step}"`, { operation: 'maintenance' })
    const { run } = this.#scope
    const tells = TELLS.includes(step)
    if (!tells) run.progress(step, 0, 1, 'steps')
    const result = await this.#step(step)
    if (!tells) run.progress(step, 1, 1, 'steps')
    if (result.status !== 'aborted' || run.signal.aborted) return result
    // It was not the run that was aborted.
    return { ...result, status: 'failed', reason: 'OUTCOME_UNKNOWN: another maintainer has taken over' }
  }

  async close(): Promise<void> {
    this.#leave()
    await this.#claim?.end()
    await this.#giveBack()
    const watch = await this.#watch?.catch(() => undefined)
    await Promise.all([this.#parts.client.end(), watch?.end()])
  }

  #step(step: PostgresStepName): Promise<MaintenanceStepResult> {
    switch (step) {
      case 'inspect':
        return inspectServer(this.#scope)
      case 'checkpoint':
        return checkpointServer(this.#scope)
      case 'vacuum':
        return vacuumTables(this.#scope)
      case 'databaseStats':
        return updateDatabaseStats(this.#scope)
      case 'reindex':
        return reindex(this.#scope)
      case 'analyze':
        return analyzeTables(this.#scope)
    }
  }

  /** Notes and claim. On a connection that was lost nothing can be written, and the claim goes with it or is over soon. */
  async #giveBack(): Promise<void> {
    const { hold, client, server, log } = this.#parts
    if (hold === undefined) return
    try {
      if (hold.hasNotes && server.schema !== undefined) await writeNotes(client.ask, server.schema, this.#notes)
      else if (this.#notes.size > 0) log.warn('maintenance could not note that it is done: it may create no table')
    } catch (error) {
      log.warn('maintenance could not note that it is done', { code: isStoreError(error) ? error.code : 'UNKNOWN' })
    }
    await hold.release(client).catch(() => undefined)
  }

  /** One that could not be opened may be tried again. */
  #watchClient(): Promise<DedicatedClient> {
    this.#watch ??= this.#parts.openWatch().catch((error: unknown) => {
      this.#watch = undefined
      throw error
    })
    return this.#watch
  }
}
