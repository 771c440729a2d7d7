/**
 * What maintenance sees before it decides anything: sizes, free space, identity. It changes nothing.
 */
import type { MaintenanceMeasures } from '../../contract/step-status.ts'
import type { SqliteDatabase, SqliteFiles } from '../port.ts'
import { readPragma } from '../pragmas.ts'
import { walSizeBytes } from '../wal-size.ts'

/** A look at a database. Sizes are those of the files, not what SQLite believes them to be after the next checkpoint. */
export interface Inspection {
  readonly pageSizeBytes: number
  readonly pageCount: number
  readonly freePageCount: number
  /** Source: https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
  readonly autoVacuum: 'none' | 'full' | 'incremental'
  readonly fileSizeBytes: number | undefined
  readonly walSizeBytes: number | undefined
  readonly identity: string | undefined
  readonly freeDiskBytes: number | undefined
  readonly freeTempBytes: number | undefined
}

const AUTO_VACUUM = ['none', 'full', 'incremental'] as const

/** Looks. `path` is `undefined` for a database that is no file. */
export function inspect(db: SqliteDatabase, files: SqliteFiles | undefined, path: string | undefined): Inspection {
  return {
    pageSizeBytes: Number(readPragma(db, 'page_size')),
    pageCount: Number(readPragma(db, 'page_count')),
    freePageCount: Number(readPragma(db, 'freelist_count')),
    autoVacuum: AUTO_VACUUM[Number(readPragma(db, 'auto_vacuum'))] ?? 'none',
    fileSizeBytes: path === undefined ? undefined : files?.sizeBytes(path),
    walSizeBytes: path === undefined ? undefined : walSizeBytes(files, path),
    identity: path === undefined ? undefined : files?.identity(path),
    freeDiskBytes: path === undefined ? undefined : files?.freeBytes(path),
    freeTempBytes: files?.freeTempBytes(),
  }
}

/** The measurements as a report shows them. */
export function measuresOf(inspection: Inspection): MaintenanceMeasures {
  return Object.fromEntries(
    Object.entries(inspection).filter(([, value]) => value !== undefined),
  ) as MaintenanceMeasures
}

/** Bytes that are in use. */
export function usedBytes({ pageCount, freePageCount, pageSizeBytes }: Inspection): number {
  return (pageCount - freePageCount) * pageSizeBytes
}
