/**
 * The file a backup is written to: made beside its target under a name of its own, put on the disk, and then given its
 * name in one step.
 *
 * It is opened here once, when it is made, and closed when SQLite has long closed it; the database itself is only looked
 * at. It knows nothing of SQLite but that it may have a journal.
 */
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, statfs, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isStoreError, StoreError } from '@upkeep/core'
import type { SqliteBackupFile, SqliteBackupFiles } from '@upkeep/core/sqlite'
import { assertTarget, resolveTarget, type TargetUse } from './backup-target.ts'
import { fileError, systemCode } from './file-error.ts'
import { markWriting, removeBackup, removeStaleBackups, temporaryName } from './stale-backups.ts'

const { O_CREAT, O_EXCL, O_RDWR } = constants
/** Not there on Windows; O_EXCL alone follows no link either. */
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0

/** What says that a file system, or the operating system, has not what was asked for. */
const NOT_SUPPORTED: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

export const nodeBackupFiles: SqliteBackupFiles = {
  async open(path, use) {
    const target = await resolveTarget(path)
    await assertTarget(target, use)
    await removeStaleBackups(target)
    return attempt(target, async () => {
      const temporary = temporaryName(target)
      const done = markWriting(temporary)
      try {
        return new BackupFile(
          target,
          temporary,
          use,
          await open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
          done,
        )
      } catch (error) {
        done()
        throw error
      }
    })
  },
}

class BackupFile implements SqliteBackupFile {
  readonly target: string
  readonly path: string
  readonly #use: TargetUse
  readonly #handle: FileHandle
  readonly #done: () => void

  constructor(target: string, path: string, use: TargetUse, handle: FileHandle, done: () => void) {
    this.target = target
    this.path = path
    this.#use = use
    this.#handle = handle
    this.#done = done
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async freeBytes(): Promise<number | undefined> {
    const found = await statfs(dirname(this.target)).catch(() => undefined)
    return found && found.bavail * found.bsize
  }

  sync(): Promise<void> {
    return attempt(this.path, () => this.#handle.sync())
  }

  async publish(): Promise<void> {
    await this.#assertOurs()
    // What has come there meanwhile counts as well.
    await assertTarget(this.target, this.#use)
    await attempt(this.target, () => (this.#use.overwrite ? rename(this.path, this.target) : this.#giveName()))
    await this.#close()
    await syncDirectory(dirname(this.target))
  }

  async discard(): Promise<void> {
    await removeBackup(this.path)
    await this.#close()
  }

  /** A link fails where there is a file by now; a rename would replace it. */
  async #giveName(): Promise<void> {
    try {
      await link(this.path, this.target)
    } catch (error) {
      if (!NOT_SUPPORTED.has(systemCode(error))) throw error
      await rename(this.path, this.target)
      return
    }
    // Left behind, it would only be a second name of the same file, and goes with the next backup.
    await unlink(this.path).catch(() => undefined)
  }

  /** SQLite has opened it by its name. */
  async #assertOurs(): Promise<void> {
    const ours = await this.#handle.stat({ bigint: true })
    const named = await lstat(this.path, { bigint: true }).catch(() => undefined)
    if (named?.ino === ours.ino && named.dev === ours.dev) return
    const message = 'the backup was removed or replaced while it was being written'
    throw new StoreError('CONNECTION', message, { operation: 'backup' })
  }

  async #close(): Promise<void> {
    this.#done()
    await this.#handle.close().catch(() => undefined)
  }
}

/**
 * Without it a new name may be gone after a power failure. Windows knows no such thing, and a directory that may not be
 * read cannot be opened. @throws OUTCOME_UNKNOWN: the name is there, and may not stay
 */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  try {
    const handle = await open(directory, 'r')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    const nativeCode = systemCode(error)
    if (nativeCode === 'EACCES' || NOT_SUPPORTED.has(nativeCode)) return
    const message = 'the backup is in its place, but its name could not be put on the disk'
    throw new StoreError('OUTCOME_UNKNOWN', message, { operation: 'backup', nativeCode, cause: error })
  }
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isStoreError(error) ? error : fileError(error, path, 'backup')
  }
}
