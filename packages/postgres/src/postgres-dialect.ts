/**
 * The Postgres backend as a mere Kysely dialect, for those who want only that.
 *
 * Statements, sessions, pool, values and errors are those of the Store, and a signal stops its statement in the server.
 * Kysely's own executor tells the caller at once, and the statement ends a moment later; there is no `maintenance()`, and
 * `destroy()` releases without draining.
 */
import { assertKnownOptions, resolveStoreOptions, type StoreOptions, splitStoreOptions } from '@upkeep/core'
import { DialectEngine } from '@upkeep/core/backend'
import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
} from 'kysely'
import { openPostgresEngine } from './open-postgres-engine.ts'
import { resolveTarget, type TargetOptions } from './postgres-target.ts'

/** Options of {@link UpkeepPostgresDialect}. */
export interface UpkeepPostgresDialectOptions extends TargetOptions, Pick<StoreOptions, 'logger' | 'clock'> {}

/** Postgres as a mere Kysely dialect: values, pool, aborts and errors, without maintenance and drain. */
export class UpkeepPostgresDialect implements Dialect {
  readonly #engine: DialectEngine

  /** Checks the options; the first connection is made at the first use. @throws INVALID_ARGUMENT */
  constructor(options: UpkeepPostgresDialectOptions) {
    const { store, backend } = splitStoreOptions(options)
    assertKnownOptions(store, ['logger', 'clock'], 'UpkeepPostgresDialect')
    const { clock, logger: log } = resolveStoreOptions(store)
    const target = resolveTarget(backend)
    this.#engine = new DialectEngine(() => openPostgresEngine(target, { clock, log }))
  }

  /** A driver that connects at its first use, and closes the pool in `destroy()`. */
  createDriver(): Driver {
    return this.#engine.createDriver()
  }

  /** An adapter whose migration lock is that of the Store, and of Kysely's stock dialect. */
  createAdapter(): DialectAdapter {
    return this.#engine.createAdapter(new PostgresAdapter())
  }

  /** Kysely's own. */
  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler()
  }

  /** Kysely's own. */
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db)
  }
}
