/**
 * The file system, before and beside SQLite: only `stat`, `access`, and the making of what is not there. To open and
 * close a database by other means would drop the locks that SQLite has on it in this process.
 */
import { accessSync, closeSync, constants, openSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { invalidArgument, isStoreError, StoreError } from '@upkeep/core'
import type { SqliteFiles } from '@upkeep/core/sqlite'

/** The absolute path of a database that can be opened, or made, there. @throws INVALID_ARGUMENT, PERMISSION */
export function preparePath(path: string, readOnly: boolean): string {
  if (path === ':memory:') return path
  const file = resolve(path)
  attempt(() => {
    const found = statSync(file, { throwIfNoEntry: readOnly })
    if (found?.isFile() === false) throw invalidArgument(`${file} is no regular file`, 'open')
    accessSync(found === undefined ? dirname(file) : file, constants.R_OK | (readOnly ? 0 : constants.W_OK))
  })
  return file
}

/** SQLite would make the file readable by others. `wx` opens nothing that exists. */
export function createPrivately(file: string): void {
  attempt(() => closeSync(openSync(file, 'wx', 0o600)), 'EEXIST')
}

function attempt(work: () => void, expected?: string): void {
  try {
    work()
  } catch (error) {
    const { code: nativeCode = 'unknown', message } = error as NodeJS.ErrnoException
    if (nativeCode === expected) return
    if (isStoreError(error)) throw error
    const code = nativeCode === 'EACCES' || nativeCode === 'EPERM' ? 'PERMISSION' : 'INVALID_ARGUMENT'
    throw new StoreError(code, message, { operation: 'open', nativeCode, cause: error })
  }
}

export const nodeFiles: SqliteFiles = {
  sizeBytes: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  identity: (path) => {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true })
    return found && `${found.dev}:${found.ino}`
  },
  freeBytes: (path) => {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize
  },
  freeTempBytes: () => undefined,
}
