/** How large the write-ahead log of a database is, as the file system has it. */
import type { SqliteFiles } from './port.ts'

/** In bytes; 0 where there is none, and where the file system cannot be asked. Source: https://www.sqlite.org/wal.html */
export function walSizeBytes(files: SqliteFiles | undefined, path: string): number {
  return files?.sizeBytes(`${path}-wal`) ?? 0
}
