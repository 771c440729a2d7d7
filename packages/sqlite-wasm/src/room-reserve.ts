/**
 * A file that only takes up room, beside the database: where the storage is full to the last byte SQLite could not delete
 * either, since it writes a deletion into its log first. What frees room is given the room of this file.
 */
import { browser } from './browser-scope.ts'
import { OPFS_DIRECTORY } from './wasm-database.ts'

/**
 * As much as the log grows to before it is copied into the database (1000 pages), so that it can be. Where there is no room
 * for all of it, the most that there is room for is kept.
 */
const SIZES_KIB = [4096, 2048, 1024, 512, 256, 128, 64]

interface Directory {
  getDirectoryHandle(name: string, options: { readonly create: boolean }): Promise<Directory>
  getFileHandle(
    name: string,
    options: { readonly create: boolean },
  ): Promise<{ createSyncAccessHandle(): Promise<Handle> }>
}

interface Handle {
  getSize(): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  truncate(size: number): void
  close(): void
}

export class RoomReserve {
  readonly #handle: Handle
  #kib = 0

  private constructor(handle: Handle) {
    this.#handle = handle
    this.#kib = Math.floor(handle.getSize() / 1024)
  }

  /** Of the database `name`, whose lock and directory its caller has; `undefined` where not even an empty file can be made. */
  static async open(name: string): Promise<RoomReserve | undefined> {
    try {
      const root = (await browser.navigator.storage?.getDirectory?.()) as Directory
      const all = await root.getDirectoryHandle(OPFS_DIRECTORY, { create: true })
      const directory = await all.getDirectoryHandle(name, { create: true })
      const file = await directory.getFileHandle('reserve', { create: true })
      const reserve = new RoomReserve(await file.createSyncAccessHandle())
      reserve.fill()
      return reserve
    } catch {
      return undefined
    }
  }

  /** Takes up the room again, as far as there is some. */
  fill(): void {
    for (const kib of SIZES_KIB) {
      if (this.#kib >= kib) return
      if (this.#growTo(kib)) this.#kib = kib
    }
  }

  /** By zeros: Chromium refuses nobody who makes a file longer without writing to it, whatever the quota. */
  #growTo(kib: number): boolean {
    const at = this.#kib * 1024
    const length = kib * 1024 - at
    try {
      if (this.#handle.write(new Uint8Array(length), { at }) === length) return true
    } catch {
      // Then less.
    }
    this.#handle.truncate(at)
    return false
  }

  /** Gives up the room; false if it had none. */
  spend(): boolean {
    if (this.#kib === 0) return false
    this.#kib = 0
    this.#handle.truncate(0)
    return true
  }

  close(): void {
    this.#handle.close()
  }
}
