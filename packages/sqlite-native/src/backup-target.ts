/**
 * Where a backup may be written: looked at before anything is made, and again before the copy gets its name. Only by
 * `stat` and `lstat`: the target may be a database that somebody has open.
 */
import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { invalidArgument } from '@upkeep/core'
import { fileError, systemCode } from './file-error.ts'

/** What a database may have beside it, itself included. */
const PARTS = ['', '-wal', '-shm', '-journal', '-maintenance', '-migration']

/** What SQLite would play back into the backup as soon as somebody opened it. Source: https://www.sqlite.org/howtocorrupt.html */
const LOGS = ['-wal', '-journal']

/** How the target is used. */
export interface TargetUse {
  /** The path of the database that is copied; `undefined` for one in memory. */
  readonly database: string | undefined
  readonly overwrite: boolean
}

/** The absolute path of the target, links in its directory resolved. @throws INVALID_ARGUMENT, PERMISSION */
export async function resolveTarget(path: string): Promise<string> {
  if (path.endsWith('/') || path.endsWith(sep)) throw refuse(path, 'is a directory')
  return realPlace(resolve(path))
}

/** @throws INVALID_ARGUMENT for a target that must not be written, or not be replaced */
export async function assertTarget(target: string, { database, overwrite }: TargetUse): Promise<void> {
  if (database !== undefined) await assertNotDatabase(target, database)
  const found = await lookAt(lstat, target)
  if (found !== undefined) {
    if (found.isSymbolicLink()) throw refuse(target, 'is a link, and none is followed')
    if (!found.isFile()) throw refuse(target, found.isDirectory() ? 'is a directory' : 'is no regular file')
    if (!overwrite) throw refuse(target, 'is there already, and overwrite is not set')
  }
  for (const log of LOGS) {
    if ((await lookAt(lstat, `${target}${log}`)) === undefined) continue
    throw refuse(`${target}${log}`, 'is there: somebody has the target open, or it was not closed cleanly')
  }
}

async function assertNotDatabase(target: string, database: string): Promise<void> {
  const identity = await identityOf(target)
  for (const start of new Set([database, (await realPath(database)) ?? database])) {
    for (const part of PARTS) {
      const file = `${start}${part}`
      const isSame =
        target === (await realPlace(file)) || (identity !== undefined && identity === (await identityOf(file)))
      if (isSame) throw refuse(target, 'is the database that is backed up, or belongs to it')
    }
  }
}

/** The name stays as it is: what it is a link to is another question. */
async function realPlace(path: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path))
  } catch (error) {
    throw fileError(error, dirname(path), 'backup')
  }
}

async function realPath(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined)
}

/** Follows links, so that a hard link, a link and another spelling of the name are all the same file. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found && `${found.dev}:${found.ino}`
}

async function lookAt<T>(look: (path: string) => Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await look(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fileError(error, path, 'backup')
  }
}

function refuse(path: string, why: string): Error {
  return invalidArgument(`backup: ${path} ${why}`, 'backup')
}
