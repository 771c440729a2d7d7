/** The options all SQLite backends share. */
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption, assertOneOf, assertWholeOption } from '../open/check-options.ts'

/** Options that all SQLite backends share. */
export interface SqliteOptions {
  /**
   * Opens an existing database without ever writing to it. Of a database in WAL mode SQLite still makes `-wal` and
   * `-shm`. Source: https://www.sqlite.org/wal.html#read_only_databases
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /**
   * `full`: a commit that was acknowledged survives a loss of power. `normal`: it survives a crash of the process, and
   * a loss of power may take the last ones; nothing is ever damaged. Source: https://www.sqlite.org/pragma.html#pragma_synchronous
   * @default 'full'
   */
  readonly durability?: 'full' | 'normal' | undefined
  /**
   * In milliseconds: how long a lock is waited for, in this process or another, by timer; 0 fails at once, with `BUSY`.
   * Source: https://www.sqlite.org/rescode.html#busy
   * @default 5000
   */
  readonly busyTimeoutMs?: number | undefined
  /** Whether foreign keys are enforced. Source: https://www.sqlite.org/foreignkeys.html#fk_enable @default true */
  readonly foreignKeys?: boolean | undefined
  /**
   * In bytes: the page cache of each connection, that is of the writer, the reader and every leased reader; a
   * worker has 1 MiB at most. Not together with {@link SqliteOptions.memoryBudgetBytes}.
   * Source: https://www.sqlite.org/pragma.html#pragma_cache_size
   * @default 16 MiB
   */
  readonly cacheSizeBytes?: number | undefined
  /**
   * In bytes, from 4 MiB on: the page caches of all connections that this store may ever have open, together; each gets
   * a share that is fixed from the beginning. `false`: every connection has {@link SqliteOptions.cacheSizeBytes}.
   * @default false
   */
  readonly memoryBudgetBytes?: number | false | undefined
  /** In bytes: how much of the file is mapped into memory. Source: https://www.sqlite.org/mmap.html @default 0 */
  readonly mmapSizeBytes?: number | undefined
  /**
   * In bytes: what a checkpoint leaves of the write-ahead log.
   * Source: https://www.sqlite.org/pragma.html#pragma_journal_size_limit
   * @default 4 MiB
   */
  readonly journalSizeLimitBytes?: number | undefined
  /**
   * Whether a thread of the store's own copies the write-ahead log once much is written, so that commits need not; where
   * the backend has such a thread. Source: https://www.sqlite.org/wal.html#ckpt
   * @default true
   */
  readonly checkpointer?: boolean | undefined
  /**
   * In bytes, from 64 KiB on: what the write-ahead log is meant to stay below. Where a reader keeps it larger, a warning
   * and the finding `wal_held` say which; `false` looks for none.
   * @default 64 MiB
   */
  readonly walLimitBytes?: number | false | undefined
  /**
   * In milliseconds: a stream or a read-only transaction of this store that is older, and keeps the log above
   * {@link SqliteOptions.walLimitBytes}, is ended with `TIMEOUT`; `false` lets it go on.
   * @default false
   */
  readonly maxReadAgeMs?: number | false | undefined
  /** Prepared statements kept per connection; each takes about 5 KB. @default 1000 */
  readonly statementCacheSize?: number | undefined
  /** Connections leased to streams and read-only transactions at the same time; the next one queues. @default 4 */
  readonly maxReaders?: number | undefined
}

/** {@link SqliteOptions} with their defaults. */
export type ResolvedSqliteOptions = { readonly [K in keyof SqliteOptions]-?: Exclude<SqliteOptions[K], undefined> }

/** The defaults of {@link SqliteOptions}. */
export const SQLITE_DEFAULTS: ResolvedSqliteOptions = {
  readOnly: false,
  durability: 'full',
  busyTimeoutMs: 5000,
  foreignKeys: true,
  cacheSizeBytes: 16 * 1024 * 1024,
  memoryBudgetBytes: false,
  mmapSizeBytes: 0,
  journalSizeLimitBytes: 4 * 1024 * 1024,
  checkpointer: true,
  walLimitBytes: 64 * 1024 * 1024,
  maxReadAgeMs: false,
  statementCacheSize: 1000,
  maxReaders: 4,
}

/** The names of {@link SqliteOptions}. */
export const SQLITE_OPTION_NAMES = Object.keys(SQLITE_DEFAULTS) as readonly (keyof SqliteOptions)[]

/**
 * Checks the shared options and fills in the defaults; names that are neither shared nor in `others` are refused.
 *
 * @throws INVALID_ARGUMENT
 */
export function resolveSqliteOptions(
  options: SqliteOptions,
  others: readonly string[],
  operation: string,
): ResolvedSqliteOptions {
  assertKnownOptions(options, [...SQLITE_OPTION_NAMES, ...others], operation)
  const given = SQLITE_OPTION_NAMES.filter((name) => options[name] !== undefined)
  const resolved = {
    ...SQLITE_DEFAULTS,
    ...Object.fromEntries(given.map((name) => [name, options[name]])),
  } as ResolvedSqliteOptions
  assertOneOf(resolved.readOnly, 'readOnly', [true, false])
  assertOneOf(resolved.durability, 'durability', ['full', 'normal'])
  assertOneOf(resolved.foreignKeys, 'foreignKeys', [true, false])
  assertWholeOption(resolved.busyTimeoutMs, 'busyTimeoutMs', 0, 2 ** 31 - 1)
  assertWholeOption(resolved.cacheSizeBytes, 'cacheSizeBytes', 0)
  assertMemoryBudget(options, resolved)
  assertOneOf(resolved.checkpointer, 'checkpointer', [true, false])
  if (resolved.walLimitBytes !== false) assertWholeOption(resolved.walLimitBytes, 'walLimitBytes', 64 * 1024)
  assertReadAge(resolved)
  assertWholeOption(resolved.mmapSizeBytes, 'mmapSizeBytes', 0)
  assertWholeOption(resolved.journalSizeLimitBytes, 'journalSizeLimitBytes', 0)
  assertWholeOption(resolved.statementCacheSize, 'statementCacheSize', 1, 1_000_000)
  assertWholeOption(resolved.maxReaders, 'maxReaders', 1, 1000)
  return resolved
}

/** Below that the shares are so small that every statement would read its pages anew. */
const MIN_MEMORY_BUDGET_BYTES = 4 * 1024 * 1024

function assertMemoryBudget({ cacheSizeBytes }: SqliteOptions, { memoryBudgetBytes }: ResolvedSqliteOptions): void {
  if (memoryBudgetBytes === false) return
  assertWholeOption(memoryBudgetBytes, 'memoryBudgetBytes', MIN_MEMORY_BUDGET_BYTES)
  if (cacheSizeBytes === undefined) return
  throw invalidArgument(
    'give memoryBudgetBytes or cacheSizeBytes: the first is for all, the second for each',
    'options',
  )
}

function assertReadAge({ maxReadAgeMs, walLimitBytes }: ResolvedSqliteOptions): void {
  if (maxReadAgeMs === false) return
  assertNumberOption(maxReadAgeMs, 'maxReadAgeMs', 1)
  if (walLimitBytes === false)
    throw invalidArgument('maxReadAgeMs needs a walLimitBytes that readers hold up', 'options')
}

/** Numbers that are off by default. */
const OFF_OPTIONS: ReadonlySet<string> = new Set(['memoryBudgetBytes', 'maxReadAgeMs'])

/**
 * Options as they stand in a URL: text, turned into the type of the option's default; `ownDefaults` are a backend's own.
 * Checks nothing: what does not fit stays text, for {@link resolveSqliteOptions} to refuse.
 */
export function sqliteOptionsFromUrl(
  options: ReadonlyMap<string, string>,
  ownDefaults: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const defaults: Readonly<Record<string, unknown>> = { ...SQLITE_DEFAULTS, ...ownDefaults }
  return Object.fromEntries([...options].map(([name, text]) => [name, fromText(name, defaults[name], text)]))
}

function fromText(name: string, fallback: unknown, text: string): unknown {
  if ((typeof fallback === 'number' || OFF_OPTIONS.has(name)) && /^\d+$/.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return text
}
