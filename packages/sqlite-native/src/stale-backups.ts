/**
 * The names of backups that are being written, and what becomes of those whose process has died.
 *
 * A name tells who writes it: `app.bak.4711-0-1f2e3d4c5b6a.upkeep-tmp` is by thread 0 of process 4711. What runs on
 * another machine, or in another container, looks dead from here: a backup of theirs to the same target would lose its
 * file, notice, and fail.
 */
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { systemCode } from './file-error.ts'

/** SQLite may have a journal beside what it writes. */
const REST = /^\.(\d+)-(\d+)-[0-9a-f]{12}\.upkeep-tmp(?:-journal)?$/

/** Files that this thread is writing. */
const writing = new Set<string>()

/** A name beside `target` that nobody has. */
export function temporaryName(target: string): string {
  return `${target}.${process.pid}-${threadId}-${randomBytes(6).toString('hex')}.upkeep-tmp`
}

/** Marks a file as being written here; the answer undoes it. */
export function markWriting(path: string): () => void {
  writing.add(path)
  return () => void writing.delete(path)
}

/** The file, and what SQLite may have beside it. */
export async function removeBackup(path: string): Promise<void> {
  for (const file of [path, `${path}-journal`]) await rm(file, { force: true }).catch(() => undefined)
}

/** Removes what dead processes have left of backups to `target`. Never rejects: the new backup does not depend on it. */
export async function removeStaleBackups(target: string): Promise<void> {
  const names = await readdir(dirname(target)).catch(() => [])
  const start = basename(target)
  for (const name of names) {
    if (!name.startsWith(start)) continue
    const [isOurs, pid, thread] = REST.exec(name.slice(start.length)) ?? []
    if (isOurs === undefined) continue
    const path = join(dirname(target), name)
    if (!isWritten(path, Number(pid), Number(thread))) await rm(path, { force: true }).catch(() => undefined)
  }
}

function isWritten(path: string, pid: number, thread: number): boolean {
  if (pid !== process.pid) return isAlive(pid)
  // Of another thread it cannot be known here; what it leaves goes when the process has ended.
  return thread !== threadId || writing.has(path.replace(/-journal$/, ''))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // One of another user is alive, too.
    return systemCode(error) !== 'ESRCH'
  }
}
