// A database of its own on a real server, and maintenance on it by the parts that an engine would give. Knows no step.
import { connect } from 'node:net'
import {
  type MaintenancePlan,
  type MaintenanceProgress,
  type MaintenanceRun,
  type MaintenanceStepName,
  type MaintenanceStepResult,
  StoreError,
  systemClock,
} from '@upkeep/core'
import pg from 'pg'
import type { ServerName } from '../../../../test/servers/server-name.ts'
import { createPostgresDatabase } from '../../../../test/servers/test-servers.ts'
import type { ClientHandle } from '../../src/maintenance/dedicated-client.ts'
import {
  type PostgresMaintenanceOptions,
  resolvePostgresMaintenance,
} from '../../src/maintenance/maintenance-options.ts'
import {
  openPostgresMaintenance,
  type PostgresMaintenanceParts,
} from '../../src/maintenance/open-postgres-maintenance.ts'

/** What a run came to. */
export interface LabReport {
  readonly skip: string | undefined
  readonly plan: MaintenancePlan | undefined
  readonly steps: Readonly<Partial<Record<MaintenanceStepName, MaintenanceStepResult>>>
  readonly progress: readonly MaintenanceProgress[]
}

export type LabRun = Partial<Omit<MaintenanceRun, 'progress'>> & {
  readonly onProgress?: (progress: MaintenanceProgress) => void
}

export interface Lab {
  readonly url: string
  readonly directUrl: string
  readonly admin: pg.Client
  sql(text: string): Promise<Record<string, any>[]>
  /** Another session; ended with the lab. The password of a user is the user's name. */
  session(user?: string): Promise<pg.Client>
  parts(options?: PostgresMaintenanceOptions, user?: string): PostgresMaintenanceParts
  maintain(run?: LabRun, parts?: PostgresMaintenanceParts): Promise<LabReport>
  [Symbol.asyncDispose](): Promise<void>
}

export async function openLab(server: ServerName): Promise<Lab> {
  const database = await createPostgresDatabase(server)
  const clients: pg.Client[] = []
  const session = async (user?: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: asUser(database.directUrl, user) })
    client.on('error', () => undefined)
    await client.connect()
    clients.push(client)
    return client
  }
  const admin = await session()
  const parts = (options: PostgresMaintenanceOptions = {}, user?: string): PostgresMaintenanceParts =>
    createParts(asUser(database.url, user), options)
  return {
    url: database.url,
    directUrl: database.directUrl,
    admin,
    session,
    parts,
    sql: async (text) => (await admin.query(text)).rows,
    maintain: (run = {}, own = parts()) => maintain(own, run),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
      await database.drop()
    },
  }
}

export function createParts(
  url: string,
  options: PostgresMaintenanceOptions,
  owner = `test ${process.pid}`,
): PostgresMaintenanceParts {
  return {
    createClient: (applicationName) => createHandle(url, applicationName),
    classify,
    host: new URL(url).hostname,
    owner,
    readOnly: false,
    options: resolvePostgresMaintenance(options),
    clock: systemClock,
    log: { warn: () => undefined, error: () => undefined },
  }
}

async function maintain(parts: PostgresMaintenanceParts, given: LabRun): Promise<LabReport> {
  const { onProgress, ...options } = given
  const progress: MaintenanceProgress[] = []
  const run: MaintenanceRun = {
    mode: 'auto',
    steps: undefined,
    integrity: 'off',
    dryRun: false,
    allowBlocking: false,
    maxWriteWaitMs: 250,
    signal: new AbortController().signal,
    budgetLeftMs: () => Number.POSITIVE_INFINITY,
    ...options,
    progress: (step, done, total, unit) => {
      progress.push({ step, done, total, unit })
      onProgress?.({ step, done, total, unit })
    },
  }
  const session = await openPostgresMaintenance(parts, run)
  try {
    if (session.skip !== undefined) return { skip: session.skip, plan: undefined, steps: {}, progress }
    const plan = await session.plan()
    const steps: Partial<Record<MaintenanceStepName, MaintenanceStepResult>> = {}
    for (const { name, run: wanted, reason } of plan.steps) {
      steps[name] = wanted && !run.dryRun ? await session.run(name) : { status: 'skipped', reason }
    }
    session.remember('maintained_at', '12345')
    return { skip: undefined, plan, steps, progress }
  } finally {
    await session.close()
  }
}

function createHandle(url: string, applicationName: string): ClientHandle {
  const client = new pg.Client({ connectionString: url, application_name: applicationName })
  const { hostname, port } = new URL(url)
  return {
    client: client as unknown as ClientHandle['client'],
    destroy: () => (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy(),
    cancel: () =>
      new Promise((resolve) => {
        const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
        const message = Buffer.alloc(16)
        message.writeInt32BE(16, 0)
        message.writeInt32BE(80877102, 4)
        message.writeInt32BE(processID, 8)
        message.writeInt32BE(secretKey, 12)
        const socket = connect(Number(port), hostname, () => socket.write(message))
        socket.resume()
        socket.on('error', () => resolve())
        socket.on('close', () => resolve())
      }),
  }
}

const CODES: Readonly<Record<string, 'PERMISSION' | 'BUSY' | 'CONSTRAINT' | 'ABORTED'>> = {
  42501: 'PERMISSION',
  '55P03': 'BUSY',
  23505: 'CONSTRAINT',
}

function classify(error: unknown, operation: string): StoreError {
  const { code, message } = error as { code?: string; message?: string }
  const isServer = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
  return new StoreError(isServer ? (CODES[code] ?? 'UNKNOWN') : 'CONNECTION', message ?? '', {
    operation,
    nativeCode: code,
  })
}

function asUser(url: string, user: string | undefined): string {
  if (user === undefined) return url
  const changed = new URL(url)
  changed.username = user
  changed.password = user
  return changed.href
}
