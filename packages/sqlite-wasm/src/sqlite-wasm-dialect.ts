/**
 * The WASM backend as a mere Kysely dialect, for those who want only that.
 *
 * Statements, sessions, locks, values and errors are those of the Store. Under Kysely's own executor an abort stops
 * the waiting at once, and the statement ends when the engine is done with it; there is no `maintenance()`, and
 * `destroy()` releases without draining.
 */
import { assertKnownOptions, resolveStoreOptions, type StoreOptions, splitStoreOptions } from '@upkeep/core'
import { DialectEngine } from '@upkeep/core/backend'
import { ConcurrentSqliteAdapter } from '@upkeep/core/sqlite'
import { type DialectAdapter, type Driver, SqliteDialect } from 'kysely'
import { openWasmEngine } from './open-wasm-engine.ts'
import { resolveWasmDatabase } from './wasm-database.ts'
import { resolveWasmOptions, type WasmOptions } from './wasm-options.ts'

/** Options of {@link SqliteWasmDialect}. */
export interface SqliteWasmDialectOptions extends WasmOptions, Pick<StoreOptions, 'logger' | 'clock'> {
  /** `:memory:`, or in a browser `opfs:name`. */
  readonly path: string
}

/** SQLite WASM as a mere Kysely dialect: values, locks and errors, without maintenance, drain and `NESTED_USE`. */
export class SqliteWasmDialect extends SqliteDialect {
  readonly #engine: DialectEngine

  /** Checks the options; the database is opened at the first use. @throws INVALID_ARGUMENT */
  constructor(options: SqliteWasmDialectOptions) {
    super({ database: () => Promise.reject(new Error('the stock driver is not used')) })
    const { store, backend } = splitStoreOptions(options)
    const { path, ...wasm } = backend
    assertKnownOptions(store, ['logger', 'clock'], 'SqliteWasmDialect')
    const { clock, logger: log } = resolveStoreOptions(store)
    const resolved = resolveWasmOptions(wasm, 'SqliteWasmDialect')
    const database = resolveWasmDatabase('sqlite', path)
    this.#engine = new DialectEngine(() => openWasmEngine(database, resolved, { clock, log }))
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
