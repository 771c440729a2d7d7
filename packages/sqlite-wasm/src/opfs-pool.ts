/**
 * The files of one database in OPFS, in a directory of its own, by SQLite's `opfs-sahpool`.
 *
 * It must only be opened under the lock of {@link lockOpfs}: by default it deletes the database when somebody else has
 * its files, which is switched off here as well.
 * Source: https://sqlite.org/wasm/doc/trunk/persistence.md#vfs-opfs-sahpool
 */
import { StoreError } from '@upkeep/core'
import { browser } from './browser-scope.ts'
import { watchStorage } from './full-storage.ts'
import type { Sqlite3 } from './sqlite3-module.ts'
import { OPFS_DIRECTORY } from './wasm-database.ts'

/** Two for the database and for each of the two lock files beside it, and three for temporary files. */
const CAPACITY = 9

export interface OpfsPool {
  readonly vfs: string
  /** Makes room for `count` files more than a database has. @throws FULL */
  reserve(count: number): Promise<void>
  /** Removes a file that nobody has open, if it is there. */
  remove(path: string): void
  /** Lets go of the files, which stay. */
  release(): void
}

/** A pool cannot be made twice by one name, and one of before may have lost its directory meanwhile. */
let openedCount = 0

/** @throws UNSUPPORTED where there is no OPFS, FULL where it has no room, BUSY where somebody has the files open */
export async function openOpfsPool(sqlite3: Sqlite3, name: string): Promise<OpfsPool> {
  const vfs = `upkeep-${++openedCount}`
  watchStorage()
  try {
    // In private windows of some browsers it is there and refuses.
    await browser.navigator.storage?.getDirectory?.()
    const pool = await sqlite3.installOpfsSAHPoolVfs?.({
      name: vfs,
      directory: `/${OPFS_DIRECTORY}/${name}`,
      initialCapacity: CAPACITY,
      verbosity: 0,
      preserveOnInitFailure: true,
      forceReinitIfPreviouslyFailed: true,
    })
    if (pool === undefined) throw new TypeError('the module has no opfs-sahpool')
    return {
      vfs,
      release: () => void pool.pauseVfs(),
      remove: (path) => void (pool.getFileNames().includes(path) && pool.unlink(path)),
      reserve: async (count) => {
        try {
          await pool.reserveMinimumCapacity(CAPACITY + count)
        } catch (cause) {
          throw refused(cause)
        }
      },
    }
  } catch (cause) {
    throw refused(cause)
  }
}

function refused(cause: unknown): StoreError {
  const name = cause instanceof Error ? cause.name : ''
  const options = { operation: 'open', nativeCode: name, cause }
  if (name === 'QuotaExceededError') return new StoreError('FULL', 'there is no room for the database', options)
  if (name === 'NoModificationAllowedError') {
    return new StoreError('BUSY', 'the files of the database are open somewhere else', options)
  }
  return new StoreError('UNSUPPORTED', 'there is no OPFS here: a private window, an old browser, or no https', options)
}
