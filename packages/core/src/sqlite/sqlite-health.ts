/**
 * How SQLite answers `health()`: whether it can be read, and the findings that only it has.
 *
 * Questions are PRAGMAs that read the header of the database, and `stat`: nothing here grows with the data, so it may
 * run on the caller's thread. Space inside pages that are partly filled is not looked for: to find it takes a scan of
 * the whole file. Free pages are `freelist`.
 */
import type { HealthFinding, HealthLimits } from '../contract/health.ts'
import { warnAbove } from '../store/health-report.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteDatabase, SqliteFiles } from './port.ts'
import { readPragma } from './pragmas.ts'
import type { WalCeiling } from './wal-ceiling.ts'
import { walSizeBytes } from './wal-size.ts'

/** Below this share of `diskFreeBytes`, `disk_free` is `fail`. */
const DISK_FAIL_RATIO = 0.1

/** Reads something, which `select 1` would not. Source: https://www.sqlite.org/pragma.html#pragma_schema_version */
export async function pingSqlite(set: ConnectionSet, signal: AbortSignal | undefined): Promise<void> {
  await ask(set, signal, (db) => readPragma(db, 'schema_version'))
}

/** What is looked at. */
export interface SqliteHealthParts {
  readonly set: ConnectionSet
  readonly files: SqliteFiles | undefined
  /** Who holds the log, where anybody watches that. */
  readonly ceiling: Pick<WalCeiling, 'finding'> | undefined
}

/** Looks at the write-ahead log, at free pages and at the disk. */
export async function sqliteHealth(
  { set, files, ceiling }: SqliteHealthParts,
  limits: HealthLimits,
  signal: AbortSignal | undefined,
): Promise<readonly HealthFinding[]> {
  const findings = [await ask(set, signal, (db) => freelist(db, limits))]
  if (set.isMemory || files === undefined) return findings
  if (set.guard.isWatching) findings.push(fileIdentity(set))
  if (set.hasWriteAheadLog) {
    const sizeBytes = walSizeBytes(files, set.path)
    findings.push(warnAbove('wal_size', 'bytes of the write-ahead log', sizeBytes, limits.walSizeBytes))
    const held = ceiling?.finding(sizeBytes)
    if (held !== undefined) findings.push(held)
  }
  const freeBytes = files.freeBytes(set.path)
  if (freeBytes !== undefined) findings.push(diskFree(freeBytes, limits.diskFreeBytes))
  return findings
}

/**
 * On the shared reader; where there is a single connection on that, whoever has it: a read that ends in the turn it
 * began in disturbs nobody, and to wait for the write lock would be to wait for a transaction to end. Past the caches,
 * whose counters are the application's.
 */
function ask<T>(set: ConnectionSet, signal: AbortSignal | undefined, question: (db: SqliteDatabase) => T): Promise<T> {
  return retryWhileBusy(set.busy, signal, () => {
    // After a file could not be reopened there is nothing to ask.
    if (!set.isConnected) set.guard.assertSame()
    return question((set.reader ?? set.writer).db)
  })
}

/** Whether what the store has open is still what stands at its path. */
function fileIdentity({ guard }: ConnectionSet): HealthFinding {
  const code = 'file_identity'
  const text = 'files of the database that are not what was opened'
  if (guard.isUsable()) return { code, status: 'pass', text, value: 0, limit: 0 }
  const why = guard.failure?.code ?? 'CONNECTION'
  return { code, status: 'fail', text: `${text}: ${why}`, value: 1, limit: 0 }
}

/** Source: https://www.sqlite.org/pragma.html#pragma_freelist_count */
function freelist(db: SqliteDatabase, { freelistRatio, freelistSizeBytes }: HealthLimits): HealthFinding {
  const pageCount = Number(readPragma(db, 'page_count'))
  const freePageCount = Number(readPragma(db, 'freelist_count'))
  const isLarge = freePageCount * Number(readPragma(db, 'page_size')) > freelistSizeBytes
  const text = `share of the pages that are free, from 0 to 1; looked at when they are more than ${freelistSizeBytes} bytes`
  const finding = warnAbove('freelist', text, pageCount === 0 ? 0 : freePageCount / pageCount, freelistRatio)
  return isLarge ? finding : { ...finding, status: 'pass' }
}

function diskFree(freeBytes: number, limit: number): HealthFinding {
  const isBelow = freeBytes < limit * DISK_FAIL_RATIO ? 'fail' : 'warn'
  const text = `bytes free on the disk of the database; fail below a tenth of the limit`
  return { code: 'disk_free', status: freeBytes < limit ? isBelow : 'pass', text, value: freeBytes, limit }
}
