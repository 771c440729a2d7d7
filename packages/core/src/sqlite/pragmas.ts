/**
 * The pragmas of every connection, in one table. Correctness comes first and is read back; the rest may be refused
 * without harm.
 *
 * Sources: https://www.sqlite.org/pragma.html, and per entry.
 */
import { StoreError } from '../errors/store-error.ts'
import { type ConnectionRole, cacheShareBytes } from './cache-share.ts'
import type { SqliteDatabase } from './port.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'

interface Pragma {
  readonly name: string
  readonly value: string | number
  /** What it must read back as; `undefined` for best effort. */
  readonly mustBe?: string | number
}

/**
 * The page cache in bytes becomes negative KiB, at least one: a positive value would count pages of whatever size.
 * Source: https://www.sqlite.org/pragma.html#pragma_cache_size
 */
function kibibytes(bytes: number): number {
  return -Math.max(1, Math.floor(bytes / 1024))
}

function pragmasOf(options: ResolvedSqliteOptions, role: ConnectionRole, maxWorkers?: number): readonly Pragma[] {
  const foreignKeys = options.foreignKeys ? 1 : 0
  // What maintenance commits may be lost with the power: it would only have to be done again.
  const synchronous = options.durability === 'full' && role !== 'maintenance' ? 2 : 1
  const queryOnly = role === 'reader' || role === 'leased reader' || options.readOnly ? 1 : 0
  return [
    // Waiting is done by timer, above: SQLite's own handler would block the thread.
    { name: 'busy_timeout', value: 0, mustBe: 0 },
    { name: 'foreign_keys', value: foreignKeys, mustBe: foreignKeys },
    { name: 'synchronous', value: synchronous, mustBe: synchronous },
    { name: 'query_only', value: queryOnly, mustBe: queryOnly },
    // In memory, the temporary copy of a VACUUM would be as large as the database.
    { name: 'temp_store', value: 'FILE' },
    { name: 'cache_size', value: kibibytes(cacheShareBytes(options, role, maxWorkers)) },
    { name: 'mmap_size', value: options.mmapSizeBytes },
    { name: 'journal_size_limit', value: options.journalSizeLimitBytes },
    // The maintenance connection's commits must not copy the whole log on the caller's thread.
    ...(role === 'maintenance' ? [{ name: 'wal_autocheckpoint', value: 0 }] : []),
  ]
}

/** Sets and checks the pragmas of a connection. @throws StoreError UNSUPPORTED if one that matters does not hold */
export function applyPragmas(
  db: SqliteDatabase,
  options: ResolvedSqliteOptions,
  role: ConnectionRole,
  maxWorkers?: number,
): void {
  for (const { name, value, mustBe } of pragmasOf(options, role, maxWorkers)) {
    db.exec(`PRAGMA ${name} = ${value}`)
    if (mustBe === undefined) continue
    const actual = readPragma(db, name)
    if (actual !== mustBe)
      throw new StoreError('UNSUPPORTED', `PRAGMA ${name} is ${actual}, not ${mustBe}`, { operation: 'open' })
  }
}

/** `rollback` where a write-ahead log would do harm, since its index is memory that processes share. */
export type JournalKind = 'wal' | 'rollback'

/**
 * Makes a new database one that maintenance can shrink bit by bit, and switches to the journal that is wanted. Answers
 * the journal mode that holds: a refused write-ahead log is no error in SQLite.
 *
 * auto_vacuum counts only before the first table: https://www.sqlite.org/pragma.html#pragma_auto_vacuum
 *
 * @throws UNSUPPORTED for a write-ahead log that stays although it must not
 */
export function initializeDatabase(db: SqliteDatabase, journal: JournalKind): string {
  // Before anything is read: a log that is there already is then read without shared memory.
  if (journal === 'rollback') db.exec('PRAGMA locking_mode = EXCLUSIVE')
  if (Number(readPragma(db, 'page_count')) === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  if (journal === 'wal') return setJournalMode(db, 'WAL')
  const mode = setJournalMode(db, 'DELETE')
  db.exec('PRAGMA locking_mode = NORMAL')
  // Only the next read lets go of the lock.
  readPragma(db, 'schema_version')
  if (mode === 'wal') {
    throw new StoreError('UNSUPPORTED', 'the write-ahead log of this database cannot be ended', { operation: 'open' })
  }
  return mode
}

/** Source: https://www.sqlite.org/pragma.html#pragma_journal_mode */
function setJournalMode(db: SqliteDatabase, mode: 'WAL' | 'DELETE'): string {
  return String(db.prepare(`PRAGMA journal_mode = ${mode}`).all([])[0]?.journal_mode)
}

/** The oldest that can look at its log without copying it: `wal_checkpoint(NOOP)`. */
const MIN_VERSION = [3, 51] as const

/** @throws UNSUPPORTED for a SQLite that would take an unknown word for another command */
export function assertSqliteVersion(db: SqliteDatabase): void {
  const version = String(db.prepare('SELECT sqlite_version() AS version').all([])[0]?.version)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > MIN_VERSION[0] || (major === MIN_VERSION[0] && minor >= MIN_VERSION[1])) return
  throw new StoreError('UNSUPPORTED', `SQLite ${version} is too old; ${MIN_VERSION.join('.')} is needed`, {
    operation: 'open',
  })
}

/** The single value of a pragma. */
export function readPragma(db: Pick<SqliteDatabase, 'prepare'>, name: string): string | number {
  const [row = {}] = db.prepare(`PRAGMA ${name}`).all([])
  const [value] = Object.values(row)
  return typeof value === 'bigint' ? Number(value) : (value as string | number)
}
