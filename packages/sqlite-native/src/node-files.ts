/** What the maintenance of a file database asks of the file system: sizes and space, by `stat` alone. */
import { statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import type { SqliteFiles } from '@upkeep/core/sqlite'

export const nodeFiles: SqliteFiles = {
  sizeBytes: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  identity: (path) => {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
    return stats && `${stats.dev}:${stats.ino}`
  },
  freeBytes: (path) => freeBytesAt(dirname(path)),
  freeTempBytes: () => freeBytesAt(temporaryDirectory()),
}

/** Where SQLite puts its temporary files. Source: https://www.sqlite.org/tempfiles.html#temporary_file_storage_locations */
function temporaryDirectory(): string {
  return process.env.SQLITE_TMPDIR ?? (process.platform === 'win32' ? tmpdir() : (process.env.TMPDIR ?? '/var/tmp'))
}

function freeBytesAt(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return undefined
  }
}
