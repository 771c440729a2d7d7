/**
 * Looks up from the writes of SQLite: the second half of a VACUUM, which copies the database back, runs no program that a
 * progress handler could interrupt, but it writes page after page.
 *
 * It takes the place of `xWrite` in the methods of the pool's files, which all of them share, and only while it is open.
 * Source: https://www.sqlite.org/c3ref/io_methods.html
 */
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'

/** The place of `xWrite` in `sqlite3_io_methods`. */
const X_WRITE = 3 * 4

/** Between two looks: without shared memory one takes longer than many writes do. */
const EVERY_MS = 1

export class WriteGate {
  readonly #sqlite3: Sqlite3
  readonly #methods: () => Pointer | undefined
  #restore: (() => void) | undefined

  /** `methods` answers where the methods of the files are, once one is open. */
  constructor(sqlite3: Sqlite3, methods: () => Pointer | undefined) {
    this.#sqlite3 = sqlite3
    this.#methods = methods
  }

  /** From now on each write asks whether `isStopped`, and fails as interrupted if so. */
  open(isStopped: () => boolean): void {
    const { wasm, capi } = this.#sqlite3
    const methods = this.#methods()
    if (methods === undefined) return
    const place = methods + X_WRITE
    const before = wasm.peekPtr(place)
    const write = wasm.functionEntry(before)
    let lookedMs = performance.now()
    const gate = (file: Pointer, from: Pointer, length: number, offset: bigint): number => {
      const nowMs = performance.now()
      if (nowMs - lookedMs >= EVERY_MS) {
        lookedMs = nowMs
        if (isStopped()) return capi.SQLITE_INTERRUPT
      }
      return write(file, from, length, offset)
    }
    const entry = wasm.installFunction('i(ppij)', gate)
    wasm.pokePtr(place, entry)
    this.#restore = () => {
      wasm.pokePtr(place, before)
      wasm.uninstallFunction(entry)
    }
  }

  close(): void {
    this.#restore?.()
    this.#restore = undefined
  }
}
