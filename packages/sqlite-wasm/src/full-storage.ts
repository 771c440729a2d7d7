/**
 * Notices that a write to OPFS has failed because there is no room. SQLite's pool of files tells of it as of any other
 * failure (`SQLITE_IOERR`) and keeps no reason, so the reason is caught where the browser gives it.
 *
 * It does not say how much room there is, and watches all files of this worker, which has one database at a time.
 * Source: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle
 */

/** What is used of a file's handle. */
interface SyncAccessHandle {
  write(bytes: Uint8Array, options?: unknown): number
}

interface FileScope {
  readonly FileSystemSyncAccessHandle?: { readonly prototype: SyncAccessHandle }
}

/** Chromium answers its own number for it, -8, without a sign, in place of the error that the standard asks for. */
const NO_SPACE = 2 ** 32 - 8

let isWatching = false
let wasFull = false

/** From now on {@link takeFullStorage} answers. Does nothing where there are no such files. */
export function watchFullStorage(): void {
  const { FileSystemSyncAccessHandle: handle } = globalThis as FileScope
  if (isWatching || handle === undefined) return
  isWatching = true
  const { prototype } = handle
  const { write } = prototype
  prototype.write = function watched(this: SyncAccessHandle, bytes, options): number {
    try {
      const written = write.call(this, bytes, options)
      if (written === NO_SPACE || written < bytes.byteLength) wasFull = true
      return written
    } catch (error) {
      if (error instanceof Error && error.name === 'QuotaExceededError') wasFull = true
      throw error
    }
  }
}

/** Whether a write has failed for want of room since the last question. */
export function takeFullStorage(): boolean {
  const answer = wasFull
  wasFull = false
  return answer
}
