/**
 * better-sqlite3 behind the port of `@upkeep/core/sqlite`.
 *
 * The driver is loaded when a database is opened, not when this package is imported.
 */
import { closeSync, openSync } from 'node:fs'
import type { StoreLog } from '@upkeep/core'
import type {
  OpenDatabaseOptions,
  SqliteColumn,
  SqliteDatabase,
  SqlitePort,
  SqliteRow,
  SqliteRunResult,
  SqliteStatement,
  StatementGuard,
} from '@upkeep/core/sqlite'
import { invalidArgument, StoreError } from '@upkeep/core/sqlite/host'
import type Database from 'better-sqlite3'
import { type InterruptLibrary, loadInterruptLibrary } from './interrupt/interrupt-library.ts'
import { type GuardLease, leaseGuard } from './interrupt/watchdog.ts'
import type { ConnectionSetup } from './native-options.ts'
import { assertNodeVersion } from './node-version.ts'

type Driver = typeof Database
type SetupFunction = (db: Database.Database) => void

/** Where the driver is not used as it comes. */
export interface DriverUse {
  /** What stops statements on connections that are guarded, and who is told if it cannot be had. @default nothing */
  readonly guard?: { readonly interrupt: boolean; readonly log: StoreLog } | undefined
  /** The file of the addon to load. @default the one that the driver finds */
  readonly addonPath?: string | undefined
}

/** A port that can say how it stops statements. */
export interface NativePort extends SqlitePort {
  /** `undefined` where it is not wanted, or does not load. */
  readonly interrupts: InterruptLibrary | undefined
}

/** The port, with everything loaded that connections will need. @throws UNSUPPORTED, INVALID_ARGUMENT */
export async function loadBetterSqlite3(
  setup: ConnectionSetup,
  { guard, addonPath }: DriverUse = {},
): Promise<NativePort> {
  assertNodeVersion(process.version)
  const { default: driver } = await import('better-sqlite3').catch((cause) => {
    throw new StoreError('UNSUPPORTED', 'better-sqlite3 could not be loaded here', { operation: 'open', cause })
  })
  const setUp = await loadSetup(setup.setupModule)
  const interrupts = guard?.interrupt === true ? loadInterruptLibrary(driver, guard.log) : undefined
  const guards = interrupts && guard && { interrupts, log: guard.log }
  return new BetterSqlite3Port(driver, setup.extensions, setUp, guards, addonPath)
}

async function loadSetup(setupModule: string | undefined): Promise<SetupFunction | undefined> {
  if (setupModule === undefined) return undefined
  const loaded = await import(setupModule).catch((cause) => {
    throw new StoreError('INVALID_ARGUMENT', 'setupModule could not be imported', { operation: 'open', cause })
  })
  if (typeof loaded.default !== 'function')
    throw invalidArgument('setupModule must have a function as its default export', 'open')
  return loaded.default as SetupFunction
}

/** How connections get their guards. */
interface Guards {
  readonly interrupts: InterruptLibrary
  readonly log: StoreLog
}

class BetterSqlite3Port implements NativePort {
  /** It compiles a function for the rows of each statement. */
  readonly generatesCode = true
  readonly #driver: Driver
  readonly #extensions: readonly string[]
  readonly #setup: SetupFunction | undefined
  readonly #guards: Guards | undefined
  readonly #binding: { readonly nativeBinding?: string }

  constructor(
    driver: Driver,
    extensions: readonly string[],
    setup: SetupFunction | undefined,
    guards: Guards | undefined,
    addonPath: string | undefined,
  ) {
    this.#driver = driver
    this.#extensions = extensions
    this.#setup = setup
    this.#guards = guards
    this.#binding = addonPath === undefined ? {} : { nativeBinding: addonPath }
  }

  get interrupts(): InterruptLibrary | undefined {
    return this.#guards?.interrupts
  }

  open(path: string, { readOnly, mustExist, plain = false, guarded = false }: OpenDatabaseOptions): SqliteDatabase {
    if (!mustExist && path !== ':memory:') createPrivately(path)
    const db = new this.#driver(path, { readonly: readOnly, fileMustExist: mustExist, timeout: 0, ...this.#binding })
    try {
      if (!plain) {
        for (const extension of this.#extensions) db.loadExtension(extension)
        this.#setUp(db)
      }
      return new NativeDatabase(db, guarded ? this.#lease(db) : undefined)
    } catch (error) {
      db.close()
      throw error
    }
  }

  #lease(db: Database.Database): GuardLease | undefined {
    if (this.#guards === undefined) return undefined
    const { interrupts, log } = this.#guards
    return leaseGuard(interrupts, interrupts.register(db), log)
  }

  #setUp(db: Database.Database): void {
    const answer: unknown = this.#setup?.(db)
    // What it would do later would be missing from the statements before.
    if (answer instanceof Promise) throw invalidArgument('the function of setupModule must not be async', 'open')
  }

  resultCode(error: unknown): string | undefined {
    return error instanceof this.#driver.SqliteError ? error.code : undefined
  }
}

/** SQLite would make the file readable by others. `wx` opens nothing that exists, so no lock of ours can be lost. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

class NativeDatabase implements SqliteDatabase {
  readonly raw: Database.Database
  readonly guard: StatementGuard | undefined
  #lease: GuardLease | undefined

  constructor(raw: Database.Database, lease: GuardLease | undefined) {
    this.raw = raw
    this.guard = lease?.guard
    this.#lease = lease
  }

  get inTransaction(): boolean {
    return this.raw.inTransaction
  }

  prepare(sql: string): SqliteStatement {
    return new NativeStatement(this.raw.prepare(sql))
  }

  exec(sql: string): void {
    this.raw.exec(sql)
  }

  close(): void {
    this.raw.close()
    this.#lease?.release()
    this.#lease = undefined
  }
}

/** The driver reads arguments faster than an array; but a call can only have so many. */
const MAX_SPREAD = 64

class NativeStatement implements SqliteStatement {
  readonly returnsRows: boolean
  readonly readOnly: boolean
  readonly #statement: Database.Statement<unknown[], SqliteRow>

  constructor(statement: Database.Statement<unknown[], unknown>) {
    this.#statement = statement as Database.Statement<unknown[], SqliteRow>
    this.returnsRows = statement.reader
    this.readOnly = statement.readonly
  }

  columns(): readonly SqliteColumn[] {
    return this.#statement.columns().map(({ name, type }) => ({ name, declaredType: type }))
  }

  all(parameters: readonly unknown[]): SqliteRow[] {
    return parameters.length > MAX_SPREAD ? this.#statement.all(parameters) : this.#statement.all(...parameters)
  }

  run(parameters: readonly unknown[]): SqliteRunResult {
    return parameters.length > MAX_SPREAD ? this.#statement.run(parameters) : this.#statement.run(...parameters)
  }

  iterate(parameters: readonly unknown[]): Iterator<SqliteRow> {
    return this.#statement.iterate(parameters)
  }

  readExactIntegers(exact: boolean): void {
    this.#statement.safeIntegers(exact)
  }
}
