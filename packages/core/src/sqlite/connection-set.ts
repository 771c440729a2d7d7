/**
 * The connections of one store to one database, and the lock over those that write.
 *
 * A file in WAL mode has a writer, a shared query-only reader and leased readers. A database in memory, or one with a
 * rollback journal, has a single connection for everything.
 */

import type { QueryResult } from 'kysely'
import { CommitFeed } from '../changes/commit-feed.ts'
import type { StatementContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { PoolStats } from '../contract/stats.ts'
import { errorLabel } from '../errors/error-label.ts'
import { Autocheckpoint } from './autocheckpoint.ts'
import { type BusyPolicy, retryWhileBusy } from './busy-wait.ts'
import type { ConnectionRole } from './cache-share.ts'
import { FileGuard, type PageCounts } from './file-guard.ts'
import { checkpointRow } from './maintenance/checkpoint-row.ts'
import type { SqliteFiles, SqlitePort } from './port.ts'
import { applyPragmas, assertSqliteVersion, initializeDatabase, type JournalKind, readPragma } from './pragmas.ts'
import { ReaderPool } from './reader-pool.ts'
import { ReaderRegistry } from './reader-registry.ts'
import { resetInPlace } from './reset-connection.ts'
import { joinSchemaEpoch, leaveSchemaEpoch, type SchemaEpoch } from './schema-watch.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { createSqliteCounters, type SqliteCounters } from './sqlite-counters.ts'
import { classifySqliteError, isBusy } from './sqlite-errors.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'
import type { PreparedStatement } from './sqlite-statement.ts'
import { executeStoppable, type StatementStopper } from './statement-stopper.ts'
import { WriteLock } from './write-lock.ts'

/** What a set is opened with. */
export interface ConnectionSetOptions {
  readonly port: SqlitePort
  /** An absolute path, or `:memory:`. */
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly clock: Clock
  readonly log: StoreLog
  /** What may be asked of the file system; see file-guard.ts. */
  readonly files?: SqliteFiles | undefined
  /** See `SqliteEngineOptions.journal`. */
  readonly journal?: JournalKind | undefined
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
  readonly guard: FileGuard
  /** Who hears of what its connections commit. */
  readonly commits: CommitFeed = new CommitFeed()
  /**
   * Waits until the file can be worked on, or throws what keeps it from that; for whoever is about to take a connection.
   * The engine puts one here that reopens a replaced file where that was asked for.
   */
  whenUsable: (signal: AbortSignal | undefined) => Promise<void> = async () => this.guard.beforeWrite()
  /** Who reads here with a snapshot of its own. */
  readonly registry: ReaderRegistry
  /** Whether commits copy the log; the writer is only touched with its lock held. */
  readonly autocheckpoint: Autocheckpoint = new Autocheckpoint((pages) => this.#setAutocheckpoint(pages))
  /** Whether there is one connection, which stays. */
  readonly isSingle: boolean
  /** Stops what runs on its connections, where something can look up from there. */
  readonly stopper: StatementStopper | undefined
  readonly #log: StoreLog
  readonly #epoch: SchemaEpoch
  readonly clock: Clock
  readonly #journal: JournalKind
  readonly #open = new Set<SqliteConnection>()
  #writer!: SqliteConnection
  #reader: SqliteConnection | undefined
  #readers: ReaderPool | undefined
  #journalMode = ''
  #hasTemporary = false
  #isClosed = false

  private constructor(setOptions: ConnectionSetOptions) {
    const { port, path, options, clock, log, files, journal = 'wal', stopper, exclusive = false } = setOptions
    this.port = port
    this.path = path
    this.options = options
    this.registry = new ReaderRegistry(clock)
    this.lock = new WriteLock(clock, options.busyTimeoutMs)
    this.busy = { clock, timeoutMs: options.busyTimeoutMs, isBusy: (error) => isBusy(port, error) }
    this.clock = clock
    this.#log = log
    this.stopper = stopper
    this.isSingle = exclusive || path === ':memory:'
    this.#journal = journal
    this.guard = new FileGuard({
      path,
      files,
      clock,
      countPages: () => this.#countPages(),
      isBusy: this.busy.isBusy,
      onFailure: ({ code, message }) => log.error('the database file is not what it was', { code, what: message }),
    })
    this.#epoch = joinSchemaEpoch(path)
  }

  /** Opens the writer, and with a write-ahead log the reader. @throws StoreError, leaving nothing open */
  static async open(setOptions: ConnectionSetOptions, signal: AbortSignal | undefined): Promise<ConnectionSet> {
    const set = new ConnectionSet(setOptions)
    try {
      await set.openFile(signal)
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
    return this.stopper === undefined ? call() : this.stopper.run(ctx, call)
  }

  /** As {@link run}, of a statement that is prepared. The hot path: without a stopper nothing is made for it. */
  execute(
    connection: SqliteConnection,
    statement: PreparedStatement,
    parameters: readonly unknown[],
    limitMs: number | undefined,
    ctx: StatementContext,
  ): QueryResult<unknown> {
    if (this.stopper === undefined) return connection.execute(statement, parameters, limitMs)
    return executeStoppable(this.stopper, connection, statement, parameters, limitMs, ctx)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether there is a connection at all: none after a file could not be reopened. */
  get isConnected(): boolean {
    return this.#open.size > 0
  }

  /** Whether somebody has a connection besides the writer and the shared reader: a stream, a maintenance run. */
  get hasGuests(): boolean {
    return (this.#readers?.leased ?? 0) > 0 || this.#hasOthers
  }

  get #hasOthers(): boolean {
    const idle = this.#readers?.size ?? 0
    return this.#open.size > idle + (this.#reader === undefined ? 1 : 2)
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
    const isKnown = this.guard.hasFile
    if (isKnown) this.guard.assertSame()
    const db = this.port.open(this.path, {
      // For the sake of {@link close}: one that cannot write cannot harm a file that is not ours.
      readOnly: this.options.readOnly || role === 'reader' || role === 'leased reader',
      mustExist: mustExist || this.options.readOnly,
      // Maintenance bounds its statements itself.
      guarded: role !== 'maintenance',
      onCommit: (tables) => this.commits.tell(tables),
    })
    try {
      // SQLite has opened a file, and read nothing of it.
      if (isKnown) this.guard.assertSame()
      else this.guard.adopt()
      applyPragmas(db, this.options, role)
      const { port, options, counters } = this
      const closed = (): void => void this.#open.delete(connection)
      const connection = new SqliteConnection(port, db, options.statementCacheSize, counters, this.#epoch, { closed })
      this.#open.add(connection)
      return connection
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

  /** One that runs elsewhere from now on. */
  forgetStatement(sql: string): void {
    this.#writer.forgetStatement(sql)
    this.#reader?.forgetStatement(sql)
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
        this.#setAutocheckpoint(this.autocheckpoint.pages)
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
      this.#setAutocheckpoint(this.autocheckpoint.pages)
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
    this.autocheckpoint.suspend()
    return async () => {
      try {
        this.autocheckpoint.resume()
      } catch {
        // A stream that is too long to be settled is open on the writer: another one takes its place.
        await this.resetWriter()
      }
    }
  }

  #setAutocheckpoint(pages: number): void {
    this.#writer.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
  }

  /** Releases everything. Answers the names that our log was given, where the database is another one now. */
  close(): readonly string[] {
    this.#isClosed = true
    this.guard.stop()
    try {
      return this.closeFile()
    } finally {
      leaveSchemaEpoch(this.path)
    }
  }

  /** Closes every connection, as the state of the file has it; see {@link openFile}. */
  closeFile(): readonly string[] {
    const failures: unknown[] = []
    for (const part of this.#closingOrder()) {
      try {
        part?.close()
      } catch (error) {
        failures.push(error)
      }
    }
    this.#reader = undefined
    if (failures.length > 0) throw failures[0]
    return this.guard.setLogAside()
  }

  /**
   * The last connection to be closed copies the log into the database, and removes it by its name: that is the writer's
   * to do. Where file or log are not ours, it must not be done at all: the last one is then the shared reader, which was
   * opened for reading only and can do neither.
   */
  #closingOrder(): readonly ({ close(): void } | undefined)[] {
    const isOpen = (connection: SqliteConnection | undefined): boolean =>
      connection !== undefined && this.#open.has(connection)
    if (this.guard.closingState() === 'ours') return [this.#readers, ...[this.#reader, this.#writer].filter(isOpen)]
    const others = [...this.#open].filter((connection) => connection !== this.#reader)
    return [this.#readers, ...others, ...[this.#reader].filter(isOpen)]
  }

  /** Opens the connections on what is at the path: the writer, and with a write-ahead log the reader. */
  async openFile(
    signal: AbortSignal | undefined,
    { mustExist = false }: { readonly mustExist?: boolean } = {},
  ): Promise<void> {
    this.#writer = await retryWhileBusy(this.busy, signal, () => this.#openWriter(mustExist))
    this.#hasTemporary = false
    this.#setAutocheckpoint(this.autocheckpoint.pages)
    if (this.isSingle || !this.hasWriteAheadLog) return
    this.guard.adoptLog()
    this.#reader = await retryWhileBusy(this.busy, signal, () => this.#openReader())
    const openReader = (): Promise<SqliteConnection> =>
      retryWhileBusy(this.busy, undefined, () => this.openConnection('leased reader'))
    this.#readers = new ReaderPool(openReader, this.clock, this.options)
  }

  /** Has read something: from then on it keeps every other connection from removing the log. */
  #openReader(): SqliteConnection {
    const connection = this.openConnection('reader')
    try {
      readPragma(connection.db, 'schema_version')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  #openWriter(mustExist: boolean): SqliteConnection {
    this.guard.adopt()
    const connection = this.openConnection('writer', { mustExist })
    try {
      assertSqliteVersion(connection.db)
      this.#journalMode = this.options.readOnly
        ? String(readPragma(connection.db, 'journal_mode'))
        : initializeDatabase(connection.db, this.#journal)
      // The log is there once something has been read.
      readPragma(connection.db, 'schema_version')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** On the shared reader, which is in no transaction. */
  #countPages(): PageCounts {
    const { db } = this.#reader ?? this.#writer
    const pageCount = Number(readPragma(db, 'page_count'))
    const pageSizeBytes = Number(readPragma(db, 'page_size'))
    const { logFrames, copiedFrames } = checkpointRow(db.prepare('PRAGMA wal_checkpoint(NOOP)').all([])[0])
    return { pageCount, pageSizeBytes, uncopiedFrames: Math.max(0, logFrames - copiedFrames) }
  }
}
