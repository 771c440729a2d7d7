/**
 * Looks at where a database is to be opened, before SQLite does: with SQLite alone most of what can be wrong with a
 * path is the same "unable to open database file". Only `stat` and `access`, never an open.
 */
import { accessSync, constants, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { invalidArgument, StoreError } from '@upkeep/core'
import { assertDatabaseName } from '@upkeep/core/sqlite'
import { fileError } from './file-error.ts'

/** One page. SQLite would write over a file that is smaller. Source: https://www.sqlite.org/fileformat2.html */
const SMALLEST_DATABASE_BYTES = 512

/** How the path will be used. */
export interface PathUse {
  readonly readOnly: boolean
  readonly createDirectory: boolean
}

/**
 * The absolute path, without links, ready to be opened; its directory exists. SQLite resolves links too, and its log lies
 * beside the file they lead to. Once: a link that leads elsewhere later does not move a store. @throws INVALID_ARGUMENT, PERMISSION,
 * FULL, READONLY
 */
export function prepareDatabasePath(path: string, use: PathUse): string {
  assertDatabaseName(path, use)
  if (path === ':memory:') return path
  const absolute = resolve(path)
  const file = statOf(absolute)
  if (file === undefined) {
    if (isLink(absolute)) throw invalidArgument(`${absolute} is a link to a file that does not exist`, 'open')
    if (use.readOnly) throw invalidArgument(`there is no database at ${absolute}, which readOnly would need`, 'open')
    prepareDirectory(dirname(absolute), use.createDirectory)
  } else if (!file.isFile()) {
    throw invalidArgument(`${absolute} is ${file.isDirectory() ? 'a directory' : 'not a regular file'}`, 'open')
  } else if (file.size > 0 && file.size < SMALLEST_DATABASE_BYTES) {
    throw new StoreError('CORRUPT', `${absolute} is no database`, { operation: 'open', nativeCode: 'SQLITE_NOTADB' })
  } else {
    assertAccess(absolute, use.readOnly ? constants.R_OK : constants.R_OK | constants.W_OK)
  }
  const isThere = file !== undefined
  return attempt(absolute, () => {
    return isThere ? realpathSync(absolute) : join(realpathSync(dirname(absolute)), basename(absolute))
  })
}

function prepareDirectory(directory: string, create: boolean): void {
  const found = statOf(directory)
  if (found === undefined) {
    if (!create) throw invalidArgument(`the directory ${directory} does not exist`, 'open')
    attempt(directory, () => mkdirSync(directory, { recursive: true, mode: 0o750 }))
  } else if (!found.isDirectory()) {
    throw invalidArgument(`${directory} is not a directory`, 'open')
  }
  assertAccess(directory, constants.W_OK | constants.X_OK)
}

function assertAccess(path: string, mode: number): void {
  attempt(path, () => accessSync(path, mode))
}

function statOf(path: string): Stats | undefined {
  return attempt(path, () => statSync(path, { throwIfNoEntry: false }))
}

/** SQLite would make the file at the other end, readable by others. */
function isLink(path: string): boolean {
  return attempt(path, () => lstatSync(path, { throwIfNoEntry: false }))?.isSymbolicLink() === true
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fileError(error, path, 'open')
  }
}
