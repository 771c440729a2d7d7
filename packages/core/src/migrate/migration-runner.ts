/**
 * `store.migrate()`: the lock, then one migration after another in transactions of their own, then the declared schema.
 *
 *   wait for the lock ─▶ ask the provider ─▶ next? ──yes──▶ begin ─ up ─ record ─ foreign keys ─ commit ─┐
 *                            ▲                │  ▲─────────────────────────────────────────────────────────┘
 *                            │                no ─▶ declared schema there? ──yes──▶ report
 *                            └────── once more ─────────────no
 *
 * Before the first one that is pending it waits until the engine says that nobody's older code has the database open.
 * Between two migrations nothing but the migrators' lock is held, so other writers get their turn, and `close()` comes
 * in between. Which migrations there are and which have run is Kysely's; see next-migration.ts.
 */
import type { KyselyProps } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { assertNotAborted } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { AmbientScope, Engine, EngineSession } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { DeclaredSchema, MigrationContext, MigrationReport } from '../contract/migration.ts'
import { StoreError } from '../errors/store-error.ts'
import { createKysely } from '../kysely/kysely-internals.ts'
import type { Lifecycle } from '../store/lifecycle.ts'
import { transactOn } from '../store/run-transaction.ts'
import { SessionProvider } from '../store/session-runner.ts'
import type { StoreRunner } from '../store/store-runner.ts'
import { createStoreTransaction } from '../store/store-transaction.ts'
import { freezeReport } from '../values/freeze-report.ts'
import { loadMigrations, type Migrations } from './load-migrations.ts'
import { listed, migrationError, withApplied } from './migration-error.ts'
import { type ResolvedMigrationOptions, resolveMigrationOptions } from './migration-options.ts'
import { missingNames } from './missing-names.ts'
import { nextMigration, runNextMigration } from './next-migration.ts'

/** What migrations of a store are run with. */
export interface MigrationParts {
  readonly engine: Engine
  readonly runner: StoreRunner
  readonly lifecycle: Lifecycle
  readonly clock: Clock
  /** Kysely on the store, its adapter made by `createSessionAdapter`. */
  readonly props: KyselyProps
}

/** One call of `migrate()`. */
interface Run {
  readonly options: ResolvedMigrationOptions
  readonly signal: AbortSignal
  readonly applied: string[]
  /** Resolves once the first one that is pending may be run. */
  readonly alone: () => Promise<void>
}

export class MigrationRunner {
  readonly #parts: MigrationParts

  constructor(parts: MigrationParts) {
    this.#parts = parts
  }

  /** @throws see `Store.migrate` */
  async run(provider: MigrationProvider, ctx: MigrationContext): Promise<MigrationReport> {
    const { engine, lifecycle, clock } = this.#parts
    lifecycle.assertOpen('migrate')
    this.#assertNotNested()
    const options = resolveMigrationOptions(provider, ctx)
    if (!engine.capabilities.writable) throw refuse('READONLY', 'the store is read-only')
    const startedAt = clock.now()
    const startedMs = clock.monotonicMs()
    const applied: string[] = []
    const leave = lifecycle.enter()
    try {
      using deadline = openDeadline(ctx, clock, 'migrate', lifecycle.signal)
      const verified = await this.#inScope(() => this.#lockAndMigrate(options, deadline.signal, applied))
      return freezeReport({
        startedAt,
        durationMs: clock.monotonicMs() - startedMs,
        applied: Object.freeze(applied),
        verified,
      })
    } catch (error) {
      throw withApplied(error, applied)
    } finally {
      leave()
    }
  }

  async #lockAndMigrate(
    options: ResolvedMigrationOptions,
    signal: AbortSignal,
    applied: string[],
  ): Promise<true | undefined> {
    const { engine } = this.#parts
    assertNotAborted(signal, 'migrate')
    await using _lock = await engine.lockMigrations({ signal })
    let held: AsyncDisposable | undefined
    const alone = async (): Promise<void> => {
      held ??= await engine.migrateAlone?.({ signal })
    }
    try {
      return await this.#migrate({ options, signal, applied, alone })
    } finally {
      await held?.[Symbol.asyncDispose]()
    }
  }

  async #migrate(run: Run): Promise<true | undefined> {
    await this.#runPending(run)
    const { schema } = run.options
    if (schema === undefined) return undefined
    if ((await this.#missing(run, schema)).length === 0) return true
    // A provider that reads a folder may have read it while a new release was being copied there.
    await this.#runPending(run)
    const missing = await this.#missing(run, schema)
    if (missing.length === 0) return true
    throw refuse('SCHEMA_MISMATCH', `all migrations have run, and these are missing: ${listed(missing)}`)
  }

  async #runPending(run: Run): Promise<void> {
    const { options, signal, applied } = run
    const migrations = await loadMigrations(options.provider, signal)
    for (;;) {
      const name = await this.#next(run, migrations)
      if (name === undefined) return
      await run.alone()
      try {
        await this.#apply(run, migrations)
      } catch (error) {
        throw migrationError(name, error, signal)
      }
      applied.push(name)
    }
  }

  /** Outside a transaction: usually it only reads, and nobody has to wait for that. */
  #next({ options, signal }: Run, migrations: Migrations): Promise<string | undefined> {
    const { runner, props } = this.#parts
    return runner.leasePart('migrate', signal, (session) => {
      const provider = new SessionProvider(session)
      const db = createStoreTransaction<any>({ props, session, provider, asyncContext: runner.asyncContext })
      return nextMigration(db, migrations, options)
    })
  }

  #apply({ options, signal }: Run, migrations: Migrations): Promise<void> {
    const { engine, runner, props } = this.#parts
    const foreignKeys = options.foreignKeys === 'check' ? engine.foreignKeys : undefined
    return runner.leasePart('migrate', signal, async (session: EngineSession, pointOfNoReturn) => {
      await foreignKeys?.suspend(session, {})
      let check: (() => Promise<void>) | undefined
      await transactOn(runner, props, session, {
        settings: {},
        work: async (tx) => {
          check = await foreignKeys?.watch(session, {})
          await runNextMigration(tx, migrations, options)
        },
        beforeCommit: async () => check?.(),
        pointOfNoReturn,
      })
    })
  }

  #missing({ signal }: Run, schema: DeclaredSchema): Promise<string[]> {
    return missingNames(createKysely<any>(this.#parts.props).withoutPlugins(), schema, signal)
  }

  #assertNotNested(): void {
    if (!this.#parts.engine.isNestedUse() && !this.#isInside()) return
    throw refuse('NESTED_USE', 'it would wait for what it is called in')
  }

  #isInside(): boolean {
    for (let scope = this.#parts.engine.asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope instanceof MigrationScope && scope.owner === this) return true
    }
    return false
  }

  #inScope<T>(work: () => Promise<T>): Promise<T> {
    const { asyncContext } = this.#parts.engine
    return asyncContext === undefined
      ? work()
      : asyncContext.run(new MigrationScope(this, asyncContext.getStore()), work)
  }
}

/** The async context of a call: a provider that migrates would wait for the lock that its own caller holds. */
class MigrationScope implements AmbientScope {
  readonly inTransaction = false
  readonly owner: object
  readonly outer: AmbientScope | undefined

  constructor(owner: object, outer: AmbientScope | undefined) {
    this.owner = owner
    this.outer = outer
  }
}

function refuse(code: 'READONLY' | 'SCHEMA_MISMATCH' | 'NESTED_USE', what: string): StoreError {
  return new StoreError(code, `migrate: ${what}`, { operation: 'migrate' })
}
