/**
 * Whether the browser has refused room for a write in OPFS: for SQLite that is an I/O error like any other, and what the
 * browser says of its quota may be a round figure that has nothing to do with it.
 *
 * It hears of it where it is said, in the worker's own file handles.
 * Source: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle-write
 */

interface Handle {
  write(bytes: { readonly byteLength: number }, options: unknown): number
  truncate(size: number): void
}

declare const FileSystemSyncAccessHandle: { readonly prototype: Handle } | undefined

let isWatching = false
let wasRefused = false

/** From now on refusals are heard, of all handles of this worker. */
export function watchStorage(): void {
  if (isWatching || typeof FileSystemSyncAccessHandle === 'undefined') return
  isWatching = true
  const { prototype } = FileSystemSyncAccessHandle
  const { write, truncate } = prototype
  prototype.write = function (bytes, options) {
    const count = heard(() => write.call(this, bytes, options))
    // A write that is cut short is a full disk, here as elsewhere; Chromium answers a number that is none.
    if (count !== bytes.byteLength) wasRefused = true
    return count
  }
  prototype.truncate = function (size) {
    heard(() => truncate.call(this, size))
  }
}

function heard<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (error instanceof Error && error.name === 'QuotaExceededError') wasRefused = true
    throw error
  }
}

/** Whether there was a refusal since it was asked last. */
export function wasStorageFull(): boolean {
  const answer = wasRefused
  wasRefused = false
  return answer
}
