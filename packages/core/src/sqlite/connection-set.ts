/**
 * The connections of one store to one database, and the lock over those that write.
 *
 * A file in WAL mode has a writer, a shared query-only reader and leased readers. A database in memory, or one with a
 * rollback journal, has a single connection for everything.
 */
import type { StatementContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { PoolStats } from '../contract/stats.ts'
import { errorLabel } from '../errors/error-label.ts'
import { type BusyPolicy, retryWhileBusy } from './busy-wait.ts'
import type { SqlitePort } from './port.ts'
import { applyPragmas, assertSqliteVersion, type ConnectionRole, initializeDatabase, readPragma } from './pragmas.ts'
import { ReaderPool } from './reader-pool.ts'
import { AUTOCHECKPOINT_PAGES, resetInPlace } from './reset-connection.ts'
import { joinSchemaEpoch, leaveSchemaEpoch, type SchemaEpoch } from './schema-watch.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { createSqliteCounters, type SqliteCounters } from './sqlite-counters.ts'
import { classifySqliteError, isBusy } from './sqlite-errors.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'
import type { StatementStopper } from './statement-stopper.ts'
import { WriteLock } from './write-lock.ts'

/** What a set is opened with. */
export interface ConnectionSetOptions {
  readonly port: SqlitePort
  /** An absolute path, or `:memory:`. */
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly clock: Clock
  readonly log: StoreLog
  readonly stopper?: StatementStopper | undefined
  /** See `SqliteEngineOptions.exclusive`. */
  readonly exclusive?: boolean | undefined
}

export class ConnectionSet {
  readonly port: SqlitePort
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly lock: WriteLock
  readonly busy: BusyPolicy
  readonly counters: SqliteCounters = createSqliteCounters()
  /** Whether there is one connection, which stays. */
  readonly isSingle: boolean
  readonly #stopper: StatementStopper | undefined
  readonly #log: StoreLog
  readonly #epoch: SchemaEpoch
  readonly #clock: Clock
  #writer!: SqliteConnection
  #reader: SqliteConnection | undefined
  #readers: ReaderPool | undefined
  #journalMode = ''
  #hasTemporary = false
  #isClosed = false
  #autocheckpointPages = AUTOCHECKPOINT_PAGES

  private constructor({ port, path, options, clock, log, stopper, exclusive = false }: ConnectionSetOptions) {
    this.port = port
    this.path = path
    this.options = options
    this.lock = new WriteLock(clock, options.busyTimeoutMs)
    this.busy = { clock, timeoutMs: options.busyTimeoutMs, isBusy: (error) => isBusy(port, error) }
    this.#clock = clock
    this.#log = log
    this.#stopper = stopper
    this.isSingle = exclusive || path === ':memory:'
    this.#epoch = joinSchemaEpoch(path)
  }

  /** Opens the writer, and with a write-ahead log the reader. @throws StoreError, leaving nothing open */
  static async open(setOptions: ConnectionSetOptions, signal: AbortSignal | undefined): Promise<ConnectionSet> {
    const set = new ConnectionSet(setOptions)
    try {
      await set.#openAll(signal)
      return set
    } catch (error) {
      set.close()
      throw classifySqliteError(set.port, error, 'open')
    }
  }

  get writer(): SqliteConnection {
    return this.#writer
  }

  /** The shared reader; `undefined` where everything runs on the writer. */
  get reader(): SqliteConnection | undefined {
    // An object of TEMP lives on the writer alone, and may even hide a table of the same name.
    return this.#hasTemporary ? undefined : this.#reader
  }

  /** Readers to lease; `undefined` where there is a single connection. */
  get readers(): ReaderPool | undefined {
    return this.#hasTemporary ? undefined : this.#readers
  }

  /** Who has leased a reader, for `stats()`; `undefined` where there are none. */
  readerStats(): PoolStats | undefined {
    return this.#readers?.stats()
  }

  resetReaderStats(): void {
    this.#readers?.resetStats()
  }

  /** Runs what the application has asked for, which stops when `ctx` says so, where that can be. */
  run<T>(ctx: StatementContext, call: () => T): T {
    return this.#stopper === undefined ? call() : this.#stopper.run(ctx, call)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isMemory(): boolean {
    return this.path === ':memory:'
  }

  get hasWriteAheadLog(): boolean {
    return this.#journalMode === 'wal'
  }

  /** Takes a leased reader back, also when new reads have moved to the writer meanwhile. */
  giveBackReader(connection: SqliteConnection): void {
    this.#readers?.giveBack(connection)
  }

  /** A connection of the given role, with its pragmas set. */
  openConnection(
    role: ConnectionRole,
    { mustExist = role !== 'writer' }: { readonly mustExist?: boolean } = {},
  ): SqliteConnection {
    const db = this.port.open(this.path, {
      readOnly: this.options.readOnly,
      mustExist: mustExist || this.options.readOnly,
    })
    try {
      applyPragmas(db, this.options, role)
      return new SqliteConnection(this.port, db, this.options.statementCacheSize, this.counters, this.#epoch)
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** A schema change of ours: prepared statements and column types are of the past, on every connection. */
  schemaChanged({ temporary }: { readonly temporary: boolean } = { temporary: false }): void {
    this.#epoch.count++
    if (temporary) this.#hasTemporary = true
    this.#writer.forgetStatements()
    this.#reader?.forgetStatements()
    this.#readers?.forgetStatements()
  }

  /**
   * Puts a fresh connection in the writer's place: the surest way to restore its settings, TEMP objects and attached
   * databases. A database in memory would be lost, and one that is exclusive cannot be opened twice, so there its pragmas
   * are set again.
   */
  async resetWriter(): Promise<void> {
    try {
      if (this.isSingle) {
        resetInPlace(this.#writer, this.options)
      } else {
        const before = this.#writer
        this.#writer = await retryWhileBusy(this.busy, undefined, () =>
          this.openConnection('writer', { mustExist: true }),
        )
        this.#hasTemporary = false
        this.#setAutocheckpoint(this.#autocheckpointPages)
        before.close()
      }
    } catch (error) {
      this.#log.warn('the settings of a leased connection could not be restored', {
        code: errorLabel(error),
      })
      this.#resetWhatCanBe()
    }
  }

  /** The connection stays: at least its pragmas, foreign keys above all, must not stay as they are. */
  #resetWhatCanBe(): void {
    try {
      resetInPlace(this.#writer, this.options)
    } catch {
      // It has been told already.
    }
  }

  /**
   * From now on commits of the application do not copy the log into the database: whoever calls this does it for them.
   * Answers how to undo it.
   */
  suspendAutocheckpoint(): () => Promise<void> {
    if (!this.hasWriteAheadLog) return async () => undefined
    this.#setAutocheckpoint(0)
    return async () => {
      try {
        this.#setAutocheckpoint(AUTOCHECKPOINT_PAGES)
      } catch {
        // A stream that is too long to be settled is open on the writer: another one takes its place.
        this.#autocheckpointPages = AUTOCHECKPOINT_PAGES
        await this.resetWriter()
      }
    }
  }

  #setAutocheckpoint(pages: number): void {
    this.#writer.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
    this.#autocheckpointPages = pages
  }

  /** Readers first: the last connection to close checkpoints, and that is the writer's to do. */
  close(): void {
    this.#isClosed = true
    const failures: unknown[] = []
    for (const part of [this.#readers, this.#reader, this.#writer]) {
      try {
        part?.close()
      } catch (error) {
        failures.push(error)
      }
    }
    this.#reader = undefined
    leaveSchemaEpoch(this.path)
    if (failures.length > 0) throw failures[0]
  }

  async #openAll(signal: AbortSignal | undefined): Promise<void> {
    this.#writer = await retryWhileBusy(this.busy, signal, () => this.#openWriter())
    if (this.isSingle || !this.hasWriteAheadLog) return
    this.#reader = await retryWhileBusy(this.busy, signal, () => this.openConnection('reader'))
    const openReader = (): Promise<SqliteConnection> =>
      retryWhileBusy(this.busy, undefined, () => this.openConnection('reader'))
    this.#readers = new ReaderPool(openReader, this.#clock, this.options)
  }

  #openWriter(): SqliteConnection {
    const connection = this.openConnection('writer')
    try {
      assertSqliteVersion(connection.db)
      this.#journalMode = this.options.readOnly
        ? String(readPragma(connection.db, 'journal_mode'))
        : initializeDatabase(connection.db)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }
}
