/**
 * The WASM backend as a mere Kysely dialect, for those who want only that.
 *
 * Statements, sessions, locks, values and errors are those of the Store. Under Kysely's own executor an abort stops
 * the waiting at once, and the statement ends when the engine is done with it; there is no `maintenance()`, and
 * `destroy()` releases without draining.
 */
import {
  assertKnownOptions,
  type Engine,
  resolveStoreOptions,
  SessionDriver,
  type StoreOptions,
  splitStoreOptions,
} from '@upkeep/core'
import { LazySqliteAdapter } from '@upkeep/core/sqlite'
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
  readonly #open: () => Promise<Engine>
  #engine: Promise<Engine> | undefined

  /** Checks the options; the database is opened at the first use. @throws INVALID_ARGUMENT */
  constructor(options: SqliteWasmDialectOptions) {
    super({ database: () => Promise.reject(new Error('the stock driver is not used')) })
    const { store, backend } = splitStoreOptions(options)
    const { path, ...wasm } = backend
    assertKnownOptions(store, ['logger', 'clock'], 'SqliteWasmDialect')
    const { clock, logger: log } = resolveStoreOptions(store)
    const resolved = resolveWasmOptions(wasm, 'SqliteWasmDialect')
    const database = resolveWasmDatabase('sqlite', path)
    this.#open = () => openWasmEngine(database, resolved, { clock, log })
  }

  /** A driver that opens the database at its first use, and closes it in `destroy()`. */
  override createDriver(): Driver {
    return new SessionDriver(
      () => this.#opened(),
      () => this.#close(),
    )
  }

  /** An adapter whose migration lock locks, among processes too. */
  override createAdapter(): DialectAdapter {
    return new LazySqliteAdapter(async () => (await this.#opened()).adapter)
  }

  #opened(): Promise<Engine> {
    this.#engine ??= this.#open().catch((error) => {
      this.#engine = undefined
      throw error
    })
    return this.#engine
  }

  async #close(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    await (await engine)?.close()
  }
}
