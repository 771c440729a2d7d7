/**
 * Whether the browser has refused room for a write in OPFS: for SQLite that is an I/O error like any other, and what the
 * browser says of its quota may be a round figure that has nothing to do with it.
 *
 * It hears of it where it is said, in the worker's own file handles.
 * Source: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle-write
 */

/** Room that is kept for what frees some. */
interface Reserve {
  /** Takes it up again, as far as there is some. */
  fill(): void
  /** Gives it up; false if it had none. */
  spend(): boolean
}

interface Handle {
  write(bytes: { readonly byteLength: number }, options: unknown): number
  truncate(size: number): void
}

declare const FileSystemSyncAccessHandle: { readonly prototype: Handle } | undefined

let isWatching = false
let wasRefused = false
let reserve: Reserve | undefined
let maySpend = false

/** From now on refusals are heard, of all handles of this worker. */
export function watchStorage(): void {
  if (isWatching || typeof FileSystemSyncAccessHandle === 'undefined') return
  isWatching = true
  const { prototype } = FileSystemSyncAccessHandle
  const { write, truncate } = prototype
  prototype.write = function (bytes, options) {
    const attempt = (): number => {
      const count = write.call(this, bytes, options)
      // A write that is cut short is a full disk, here as elsewhere; Chromium answers a number that is none.
      if (count !== bytes.byteLength) throw new Refused(count)
      return count
    }
    try {
      return heard(attempt)
    } catch (error) {
      if (error instanceof Refused) return error.count
      throw error
    }
  }
  prototype.truncate = function (size) {
    heard(() => truncate.call(this, size))
  }
}

/** From now on what frees room may use that of `kept`. */
export function setRoomReserve(kept: Reserve | undefined): void {
  reserve = kept
}

/** Runs `call`, which frees room: where it is refused some it gets that of the reserve. */
export function withReserve<T>(call: () => T): T {
  maySpend = true
  try {
    return call()
  } finally {
    maySpend = false
    const before = wasRefused
    reserve?.fill()
    wasRefused = before
  }
}

/** Fewer bytes were written than were to be. */
class Refused extends Error {
  readonly count: number

  constructor(count: number) {
    super('the storage is full')
    this.count = count
  }
}

function heard<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (maySpend && reserve?.spend() === true) return heard(call)
    wasRefused = true
    throw error
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refused || (error instanceof Error && error.name === 'QuotaExceededError')
}

/** Whether there was a refusal since it was asked last. */
export function wasStorageFull(): boolean {
  const answer = wasRefused
  wasRefused = false
  return answer
}
