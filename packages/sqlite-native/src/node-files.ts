/** What is asked of the file system about a database: identity, sizes and space, by `stat` alone. */
import { renameSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import type { FileLook, SqliteFiles } from '@upkeep/core/sqlite'
import { fileSystemOf } from './file-system.ts'

/** Made once: a look comes before each write. */
const QUIETLY = { throwIfNoEntry: false } as const

export const nodeFiles: SqliteFiles = {
  look: process.platform === 'win32' ? lookExactly : (path) => statSync(path, QUIETLY),
  tellingDirectory: (path) => (fileSystemOf(path).kind === 'local' ? dirname(path) : undefined),
  setAside: (path, to) => renameSync(path, to),
  sizeBytes: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  identity: (path) => {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
    return stats && `${stats.dev}:${stats.ino}`
  },
  freeBytes: (path) => freeBytesAt(dirname(path)),
  freeTempBytes: () => freeBytesAt(temporaryDirectory()),
}

/** The ids of files on Windows go beyond what a number holds. */
function lookExactly(path: string): FileLook | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found && { dev: found.dev, ino: found.ino, size: Number(found.size), ctimeMs: Number(found.ctimeMs) }
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
