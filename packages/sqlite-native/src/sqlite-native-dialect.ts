/**
 * The native backend as a mere Kysely dialect, for those who want only that.
 *
 * Statements, sessions, locks, values and errors are those of the Store. Under Kysely's own executor an abort stops
 * the waiting at once, and the statement ends when the engine is done with it; there is no `maintenance()`, and
 * `destroy()` releases without draining.
 */
import { assertKnownOptions, resolveStoreOptions, type StoreOptions, splitStoreOptions } from '@upkeep/core'
import { DialectEngine } from '@upkeep/core/backend'
import { ConcurrentSqliteAdapter } from '@upkeep/core/sqlite'
import { type DialectAdapter, type Driver, SqliteDialect } from 'kysely'
import { type NativeOptions, resolveNativeOptions } from './native-options.ts'
import { openNativeEngine } from './open-native-engine.ts'

/** Options of {@link SqliteNativeDialect}. */
export interface SqliteNativeDialectOptions extends NativeOptions, Pick<StoreOptions, 'logger' | 'clock'> {
  /** A path, relative to the working directory, or `:memory:`. */
  readonly path: string
}

/** Native SQLite as a mere Kysely dialect: values, locks and errors, without maintenance, drain and `NESTED_USE`. */
export class SqliteNativeDialect extends SqliteDialect {
  readonly #engine: DialectEngine

  /** Checks the options; the database is opened at the first use. @throws INVALID_ARGUMENT */
  constructor(options: SqliteNativeDialectOptions) {
    super({ database: () => Promise.reject(new Error('the stock driver is not used')) })
    const { store, backend } = splitStoreOptions(options)
    const { path, ...native } = backend
    assertKnownOptions(store, ['logger', 'clock'], 'SqliteNativeDialect')
    const { clock, logger: log } = resolveStoreOptions(store)
    const resolved = resolveNativeOptions(native, 'SqliteNativeDialect')
    this.#engine = new DialectEngine(() => openNativeEngine(path, resolved, { clock, log }))
  }

  /** A driver that opens the database at its first use, and closes it in `destroy()`. */
  override createDriver(): Driver {
    return this.#engine.createDriver()
  }

  /** An adapter whose migration lock locks, among processes too. */
  override createAdapter(): DialectAdapter {
    return this.#engine.createAdapter(new ConcurrentSqliteAdapter())
  }
}
