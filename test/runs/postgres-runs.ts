// Postgres: the newest and the oldest major that we support, and transactions pooled by pgbouncer.
import type { Store } from '@upkeep/core'
import { openPostgresStore } from '@upkeep/postgres'
import type { ServerName } from '../servers/server-name.ts'
import { createPostgresDatabase } from '../servers/test-servers.ts'
import type { TestDatabase, TestStoreOptions } from '../src/suite/harness.ts'
import { spawnClientProcess } from './client-process.ts'
import { probePostgres } from './probe-process.ts'
import type { Run } from './run.ts'

export const postgresDirect: Run = createRun('postgres/direct', 'newest')
export const postgresOldest: Run = createRun('postgres/oldest', 'oldest')
export const postgresPgbouncer: Run = createRun('postgres/pgbouncer', 'pgbouncer')

function createRun(name: string, server: ServerName): Run {
  return {
    openStore,
    harness: {
      name,
      dialect: 'postgres',
      capabilities: {
        cancellation: 'server',
        vacuum: 'server',
        maintenance: 'server',
        singleMaintainer: 'server',
        maintenanceSteps: ['inspect', 'checkpoint', 'vacuum', 'databaseStats', 'reindex', 'analyze'],
        concurrentReads: true,
        concurrentWrites: true,
        workers: false,
        checkpointer: false,
        reopen: false,
        changeNotice: false,
        asyncContext: true,
        multiProcess: true,
        persistent: true,
        writable: true,
        writeAheadLog: false,
        incrementalReclaim: false,
        backup: false,
      },
      createDatabase: () => createDatabase(name, server),
    },
  }
}

/** A clock that a test moves by hours must not end what a real server has under way for milliseconds. */
const NEVER = { connectTimeoutMs: 2 ** 31 - 1, controlTimeoutMs: 2 ** 31 - 1 } as const

function openStore<DB>(url: string, { busyTimeoutMs, ...options }: TestStoreOptions): Promise<Store<DB>> {
  return openPostgresStore<DB>({
    url,
    // What a killed maintainer had is free behind a pooler when its time is up.
    maintenance: { leaseMs: 2500 },
    ...(busyTimeoutMs !== undefined && { lockTimeoutMs: Math.max(1, busyTimeoutMs) }),
    ...(options.clock !== undefined && { ...NEVER, timeouts: { defaultMs: false } }),
    ...options,
  })
}

async function createDatabase(run: string, server: ServerName): Promise<TestDatabase> {
  const { url, directUrl, drop } = await createPostgresDatabase(server)
  return {
    openStore: (options = {}) => openStore(url, options),
    // Past the pooler.
    probe: (sql) => probePostgres(directUrl, sql),
    spawnClient: () => spawnClientProcess(run, url),
    drop,
  }
}
