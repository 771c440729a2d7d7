/**
 * What our mere Kysely dialects are made of: an engine that is opened at its first use, and by whoever uses it first,
 * the driver or the migration lock.
 */
import type { DialectAdapter, Driver } from 'kysely'
import type { Engine } from '../contract/backend.ts'
import { withMigrationLock } from './migration-lock-adapter.ts'
import { SessionDriver } from './session-driver.ts'

/** An engine behind a Kysely dialect, without a Store. */
export class DialectEngine {
  readonly #open: () => Promise<Engine>
  #engine: Promise<Engine> | undefined

  /** `open` is called at the first use, and again after it has failed or the engine was closed. */
  constructor(open: () => Promise<Engine>) {
    this.#open = open
  }

  /** A driver that opens the engine at its first use, and closes it in `destroy()`. */
  createDriver(): Driver {
    return new SessionDriver(
      () => this.#opened(),
      () => this.#close(),
    )
  }

  /** A new `adapter` of the dialect, with the engine's migration lock. */
  createAdapter(adapter: DialectAdapter): DialectAdapter {
    return withMigrationLock(adapter, async () => (await this.#opened()).lockMigrations({}))
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
