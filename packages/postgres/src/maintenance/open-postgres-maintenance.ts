/**
 * Opens a maintenance run on Postgres: connects outside the pool, finds out what server it is, becomes the maintainer.
 *
 *   connect ─▶ which server? ─▶ standby: skipped
 *                    └─▶ settings of the connection ─▶ claim ─▶ another maintainer: skipped
 *                                                        └─▶ session
 */
import { type Clock, type MaintenanceRun, type MaintenanceSession, StoreError, type StoreLog } from '@upkeep/core'
import { abortError, assertNotAborted, onceAborted } from '@upkeep/core/backend'
import { type ClientFactory, DedicatedClient } from './dedicated-client.ts'
import { detectServer, type ServerFacts } from './detect-server.ts'
import { claimMaintainer, type MaintainerHold } from './maintainer-lock.ts'
import type { ResolvedPostgresMaintenance } from './maintenance-options.ts'
import { APPLICATION_NAME } from './maintenance-scope.ts'
import { PostgresMaintenance } from './postgres-maintenance.ts'

/** What a run needs of its engine. */
export interface PostgresMaintenanceParts {
  /** Makes clients that are connected as those of the pool are, but outside it and without its settings. */
  readonly createClient: ClientFactory
  /** Turns whatever a client throws into a StoreError whose `nativeCode` is the SQLSTATE. */
  classify(error: unknown, operation: string): StoreError
  /** Where the server is; a flavour may be told by it. */
  readonly host: string
  /** In words, for others who come to maintain: which process this is. */
  readonly owner: string
  /** A read-only session may VACUUM; a store that is read-only does not. */
  readonly readOnly: boolean
  readonly options: ResolvedPostgresMaintenance
  readonly clock: Clock
  readonly log: StoreLog
}

/** @throws READONLY, UNSUPPORTED, CONNECTION, ABORTED and what else the server answers, leaving nothing open */
export async function openPostgresMaintenance(
  parts: PostgresMaintenanceParts,
  run: MaintenanceRun,
): Promise<MaintenanceSession> {
  if (parts.readOnly) throw new StoreError('READONLY', 'the store is read-only', { operation: 'maintenance' })
  assertNotAborted(run.signal, 'maintenance')
  const client = await openClient(parts, run.signal).catch((error: unknown) => {
    throw run.signal.aborted ? abortError(run.signal, 'maintenance') : error
  })
  try {
    const server = await whileOpening(client, run.signal, () => getToKnow(client, parts))
    return await openSession(parts, run, client, server)
  } catch (error) {
    await client.end()
    throw run.signal.aborted ? abortError(run.signal, 'maintenance') : error
  }
}

/** Nothing that may not be lost is under way: an abort drops the connection. Once there is a claim, it is given back. */
async function whileOpening<T>(client: DedicatedClient, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const leave = onceAborted(signal, () => client.destroy())
  try {
    return await work()
  } finally {
    leave()
  }
}

async function getToKnow(client: DedicatedClient, parts: PostgresMaintenanceParts): Promise<ServerFacts> {
  const server = await detectServer(client, parts.host)
  if (!server.isStandby) await setUp(client, server, parts.options)
  return server
}

async function openSession(
  parts: PostgresMaintenanceParts,
  run: MaintenanceRun,
  client: DedicatedClient,
  server: ServerFacts,
): Promise<MaintenanceSession> {
  if (server.isStandby) return skipped(run, client, 'the server is a standby: what is done on its primary reaches it')
  if (run.dryRun) return session(parts, run, client, server, undefined)
  // Two runs of one process have the same owner; the token tells them apart.
  const token = `${parts.owner} ${Math.random().toString(36).slice(2, 12)}`
  const claimant = { owner: parts.owner, token, leaseMs: parts.options.leaseMs }
  const attempt = await claimMaintainer(client, server, claimant)
  if (!attempt.held) return skipped(run, client, attempt.reason)
  try {
    return session(parts, run, client, server, attempt)
  } catch (error) {
    await attempt.release(client).catch(() => undefined)
    throw error
  }
}

function session(
  parts: PostgresMaintenanceParts,
  run: MaintenanceRun,
  client: DedicatedClient,
  server: ServerFacts,
  hold: MaintainerHold | undefined,
): MaintenanceSession {
  const { clock, log, options } = parts
  const openWatch = async (): Promise<DedicatedClient> => openClient(parts, new AbortController().signal)
  return new PostgresMaintenance({ run, clock, log, options, server, client, openWatch, hold })
}

function openClient(parts: PostgresMaintenanceParts, signal: AbortSignal): Promise<DedicatedClient> {
  const handle = parts.createClient(`${APPLICATION_NAME} ${parts.owner}`)
  return DedicatedClient.open(handle, parts.classify, signal)
}

/**
 * For this connection only; behind a pooler a setting would stay with somebody else's. Warnings must come through,
 * whatever the role was set up with, and a server that has lost its client must notice.
 */
async function setUp(
  client: DedicatedClient,
  server: ServerFacts,
  options: ResolvedPostgresMaintenance,
): Promise<void> {
  if (server.isPooled) return
  const settings: Readonly<Record<string, string>> = {
    client_min_messages: 'notice',
    lock_timeout: String(options.lockTimeoutMs),
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    ...(server.version >= 140_000 && { client_connection_check_interval: '1000', idle_session_timeout: '0' }),
  }
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`)
  // One that the flavour does not have must not keep the others from being set.
  await client.ask(`SELECT ${calls.join(', ')}`).catch(async () => {
    for (const call of calls) await client.ask(`SELECT ${call}`).catch(() => undefined)
  })
}

async function skipped(run: MaintenanceRun, client: DedicatedClient, skip: string): Promise<MaintenanceSession> {
  await client.end()
  return {
    skip,
    plan: async () => ({ mode: run.mode, steps: [] }),
    remember: () => undefined,
    run: () => Promise.reject(new StoreError('UNKNOWN', skip, { operation: 'maintenance' })),
    close: async () => undefined,
  }
}
