/**
 * The other side of {@link RemoteConnection}: owns one connection, on a thread or in a process that has nothing else to
 * do, and runs what it is sent.
 *
 * It waits for no lock, takes none of the store's, and knows nothing of sessions: what may run, and when, is decided
 * where the calls come from.
 */
import type { CompiledQuery } from 'kysely'
import type { Channel } from '../../remote/channel.ts'
import { type HostCall, serveRemote } from '../../remote/remote-host.ts'
import { RowPacker } from '../../remote/row-batch.ts'
import { sendRows } from '../../remote/send-rows.ts'
import type { StopWord } from '../../remote/stop-word.ts'
import type { SqliteDatabase, SqlitePort, StatementGuard } from '../port.ts'
import { applyPragmas } from '../pragmas.ts'
import { SqliteConnection } from '../sqlite-connection.ts'
import { createSqliteCounters } from '../sqlite-counters.ts'
import { openCursor } from '../sqlite-cursor.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import type { ResolvedSqliteOptions } from '../sqlite-options.ts'
import { ReaderSource, type RowSource, rowsInMemory } from '../sqlite-stream.ts'
import { runStatement } from '../statement-router.ts'
import type {
  ControlArgument,
  ExecuteAnswer,
  ExecuteArgument,
  OpenAnswer,
  StateAnswer,
  StreamArgument,
} from './sqlite-calls.ts'

/** How long a statement may run is decided on the other side. */
const UNLIMITED = Number.POSITIVE_INFINITY

/** What a host serves. */
export interface SqliteHostOptions {
  readonly port: SqlitePort
  /** An absolute path. */
  readonly path: string
  readonly options: ResolvedSqliteOptions
  /** How many hosts the store may have: they share a part of its memory. */
  readonly maxWorkers: number
  /** Says which call may be stopped; absent where stopping means the end of the process. */
  readonly stopWord?: StopWord | undefined
  /** What the other side needs to know to stop statements on this connection. */
  readonly token?: ((db: SqliteDatabase) => unknown) | undefined
}

/** Serves one connection over `channel`, which is opened by the first call. */
export function serveSqlite(channel: Channel, options: SqliteHostOptions): void {
  const host = new SqliteHost(options)
  serveRemote(
    channel,
    {
      open: () => host.open(),
      execute: (argument: ExecuteArgument, call) => host.execute(argument, call),
      stream: (argument: StreamArgument, call) => host.stream(argument, call),
      control: (argument: ControlArgument) => host.control(argument),
      state: () => host.state(),
      close: () => host.close(),
    },
    (error) => classifySqliteError(options.port, error, 'query'),
  )
  channel.onGone(() => host.close())
}

class SqliteHost {
  readonly #options: SqliteHostOptions
  /** The call whose statement is run next. Statements are run at one go, so it cannot change under one. */
  #running = 0
  #opened: SqliteConnection | undefined

  constructor(options: SqliteHostOptions) {
    this.#options = options
  }

  /** May be called again after it has found the database busy. */
  open(): OpenAnswer {
    const { port, path, options, maxWorkers, token } = this.#options
    const db = port.open(path, { readOnly: options.readOnly, mustExist: true })
    try {
      applyPragmas(db, options, 'worker', maxWorkers)
      const { statementCacheSize } = options
      const epoch = { count: 0 }
      this.#opened = new SqliteConnection(port, db, statementCacheSize, createSqliteCounters(), epoch, {
        guard: this.#guard,
        // Nobody tells of schema changes here, and a question to SQLite is nothing beside what runs here.
        schemaIntervalMs: 0,
      })
      return { token: token?.(db) }
    } catch (error) {
      db.close()
      throw error
    }
  }

  async execute({ sql, kind, parameters }: ExecuteArgument, call: HostCall): Promise<ExecuteAnswer> {
    const connection = this.#connection
    const startedMs = performance.now()
    this.#running = call.id
    const { rows, ...told } = runStatement(connection, sql, kind, parameters, UNLIMITED)
    const tookMs = performance.now() - startedMs
    const last = await sendRows(rows, call)
    return { ...told, last, tookMs, inTransaction: connection.inTransaction }
  }

  /** In the transaction that is open, else in one of its own: rows are decoded as of the moment they are read. */
  async stream({ sql, kind, parameters, chunkSize }: StreamArgument, call: HostCall): Promise<StateAnswer> {
    const connection = this.#connection
    const source = this.#openSource({ sql, parameters } as CompiledQuery, kind, call)
    const packer = new RowPacker()
    try {
      for (let isLast = false; !isLast && !call.isCancelled; ) {
        this.#running = call.id
        const rows = (await source.read(chunkSize, UNLIMITED)) as Record<string, unknown>[]
        isLast = rows.length < chunkSize
        for (let start = 0; start < rows.length; ) {
          const batch = packer.pack(rows, start)
          start += batch.rowCount
          if (!(await call.send(batch))) break
        }
      }
    } finally {
      await source.end()
    }
    return { inTransaction: connection.inTransaction }
  }

  /** Never stopped: how a transaction ends is for SQLite to say. */
  control({ sql, way }: ControlArgument): StateAnswer {
    const connection = this.#connection
    connection[way](sql)
    return { inTransaction: connection.inTransaction }
  }

  state(): StateAnswer {
    return { inTransaction: this.#connection.inTransaction }
  }

  close(): void {
    const connection = this.#opened
    this.#opened = undefined
    connection?.close()
  }

  get #connection(): SqliteConnection {
    if (this.#opened === undefined) throw new TypeError('the connection is not open')
    return this.#opened
  }

  #openSource(query: CompiledQuery, kind: StreamArgument['kind'], call: HostCall): RowSource {
    const connection = this.#connection
    if (!connection.inTransaction && kind === 'read') {
      const source = new ReaderSource(connection, () => undefined)
      try {
        source.open(query, kind)
        return source
      } catch (error) {
        source.end()
        throw error
      }
    }
    const { sql, parameters } = query
    this.#running = call.id
    return (
      openCursor(connection, query, kind) ??
      rowsInMemory(runStatement(connection, sql, kind, parameters, UNLIMITED).rows)
    )
  }

  /** What is stopped here is stopped by the other side, whoever wanted that. */
  get #guard(): StatementGuard | undefined {
    const { stopWord } = this.#options
    return stopWord && { arm: () => stopWord.arm(this.#running), disarm: () => stopWord.disarm(this.#running) }
  }
}
