/** What the Kysely of a store is made of: our executor, our driver, and the dialect of its engine. */
import type { Dialect, DialectAdapter, KyselyProps } from 'kysely'
import type { Engine } from '../contract/backend.ts'
import { kyselyProps } from '../kysely/kysely-internals.ts'
import { QueryLog } from '../kysely/query-log.ts'
import { SessionDriver } from '../kysely/session-driver.ts'
import { type ExecutorShared, StoreExecutor } from '../kysely/store-executor.ts'
import type { ResolvedStoreOptions } from '../open/store-options.ts'
import { SessionRunner } from './session-runner.ts'
import type { StoreRunner } from './store-runner.ts'

/** `close` is what `destroy()` does. */
export function createStoreProps(
  engine: Engine,
  runner: StoreRunner,
  options: ResolvedStoreOptions,
  close: () => Promise<unknown>,
  adapter: DialectAdapter = engine.adapter,
): KyselyProps {
  const driver = new SessionDriver(
    async () => engine,
    async () => void (await close()),
    {
      begun: () => runner.counters.transactionCount++,
      failed: (error, operation) => runner.stepFailed(error, operation),
    },
  )
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createQueryCompiler: () => engine.compiler,
    createIntrospector: (db) => engine.createIntrospector(db),
  }
  const shared: ExecutorShared = {
    compiler: engine.compiler,
    adapter,
    log: QueryLog.create(options.log),
    bind: (provider) => new SessionRunner(runner, provider),
  }
  return kyselyProps(dialect, driver, new StoreExecutor(shared, runner, options.plugins))
}
