// A Kysely over our executor and a driver that only notes what it is asked: what Kysely calls, in which order, with
// which connection. No database.
import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type KyselyPlugin,
  type KyselyProps,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { createKysely, kyselyProps } from '../../dist/kysely/kysely-internals.js'
import type { QueryLog } from '../../dist/kysely/query-log.js'
import { type StatementRunner, StoreExecutor } from '../../dist/kysely/store-executor.js'

export interface FakeKyselyOptions {
  readonly plugins?: readonly KyselyPlugin[]
  readonly log?: QueryLog | undefined
  readonly adapter?: DialectAdapter
  /** Answers statements; may throw. */
  readonly answer?: (query: CompiledQuery) => QueryResult<unknown>
  /** May throw instead of what the driver's method of that name does. */
  readonly driver?: (call: string) => void
}

export interface FakeKysely {
  readonly db: Kysely<any>
  readonly props: KyselyProps
  readonly calls: readonly string[]
}

export function createFakeKysely({
  plugins = [],
  log,
  adapter = new SqliteAdapter(),
  answer,
  driver,
}: FakeKyselyOptions = {}): FakeKysely {
  const calls: string[] = []
  let connectionCount = 0

  const execute = async (where: string, query: CompiledQuery): Promise<QueryResult<unknown>> => {
    calls.push(`${where}: ${query.sql}`)
    return answer?.(query) ?? { rows: [] }
  }

  class FakeConnection implements DatabaseConnection {
    readonly name = `connection ${++connectionCount}`
    executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      return execute(this.name, query) as Promise<QueryResult<R>>
    }
    async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
      const { rows } = await execute(`${this.name} stream`, query)
      for (let start = 0; start < rows.length; start += chunkSize) {
        yield { rows: rows.slice(start, start + chunkSize) as R[] }
      }
    }
  }

  const runner: StatementRunner = {
    execute: (query) => execute('store', query),
    observeStream: () => ({ answered: () => undefined, failed: (error) => error }),
    async provideConnection(consumer) {
      const connection = new FakeConnection()
      calls.push(`lease ${connection.name}`)
      try {
        return await consumer(connection)
      } finally {
        calls.push(`release ${connection.name}`)
      }
    },
  }
  const bind = (provider: ConnectionProvider): StatementRunner => ({
    execute: (query) => provider.provideConnection((connection) => connection.executeQuery(query)),
    observeStream: () => ({ answered: () => undefined, failed: (error) => error }),
    provideConnection: (consumer) => provider.provideConnection(consumer),
  })

  const note = async (call: string, connection?: DatabaseConnection, more = ''): Promise<void> => {
    calls.push([call, (connection as FakeConnection | undefined)?.name, more].filter(Boolean).join(' '))
    driver?.(call)
  }
  const fakeDriver: Driver = {
    init: () => note('init'),
    acquireConnection: () => Promise.reject(new Error('connections come from the executor')),
    beginTransaction: (connection, settings) => note('begin', connection, JSON.stringify(settings)),
    commitTransaction: (connection) => note('commit', connection),
    rollbackTransaction: (connection) => note('rollback', connection),
    savepoint: (connection, name) => note('savepoint', connection, name),
    rollbackToSavepoint: (connection, name) => note('rollback to', connection, name),
    releaseSavepoint: (connection, name) => note('release savepoint', connection, name),
    releaseConnection: () => Promise.reject(new Error('connections go back to the executor')),
    destroy: () => note('destroy'),
  }

  const compiler = new SqliteQueryCompiler()
  const executor = new StoreExecutor({ compiler, adapter, log, bind }, runner, plugins)
  const dialect = {
    createAdapter: () => adapter,
    createDriver: () => fakeDriver,
    createQueryCompiler: () => compiler,
    createIntrospector: (db: Kysely<any>) => new SqliteIntrospector(db),
  }
  const props = kyselyProps(dialect, fakeDriver, executor)
  return { db: createKysely(props), props, calls }
}
