/** Opens the engine: the driver, the first connection, the pool. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AmbientScope, Clock, Engine, StoreLog } from '@upkeep/core'
import { ConnectionPool } from './connection-pool.ts'
import { loadPg } from './pg-client.ts'
import { PostgresEngine } from './postgres-engine.ts'
import type { PostgresTarget } from './postgres-target.ts'
import { StatementRegistry } from './prepared-statements.ts'
import { ServerConnector } from './server-connector.ts'
import { StatementRunner } from './statement-runner.ts'

/** What comes from the store. */
export interface PostgresRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** Connects once, so that what is wrong is told now. @throws StoreError, leaving nothing open */
export async function openPostgresEngine(
  { address, location, options }: PostgresTarget,
  { clock, log, signal }: PostgresRuntime,
): Promise<Engine> {
  const Client = await loadPg()
  const registry = new StatementRegistry(options.statementCacheSize)
  const connector = new ServerConnector({ Client, address, options, clock, registry })
  const runner = new StatementRunner(connector, registry, clock, options)
  const pool = new ConnectionPool({
    connect: (connectSignal) => connector.connect({ signal: connectSignal }),
    reset: async (connection) => {
      await runner.text(connection, 'DISCARD ALL', 'release')
      connection.statements.forget()
    },
    options: options.pool,
    clock,
    random: Math.random,
  })
  try {
    pool.giveBack(await pool.lease(signal))
    if (options.pool.warm) await pool.warm(signal)
  } catch (error) {
    await pool.close()
    throw error
  }
  const asyncContext = new AsyncLocalStorage<AmbientScope | undefined>()
  return new PostgresEngine({
    host: address.host,
    location,
    options,
    connector,
    pool,
    runner,
    clock,
    log,
    asyncContext,
  })
}
