/** Texts and bytes in and out of the memory of the WASM module, which may move whenever it grows. */
import type { Pointer, Sqlite3, Sqlite3Exports } from './sqlite3-module.ts'

/** Kept for what is bound: most parameters are small, and SQLite copies them. */
const SCRATCH_BYTES = 16 * 1024

export class WasmMemory {
  readonly #wasm: Sqlite3['wasm']
  readonly #exports: Sqlite3Exports
  readonly #encoder = new TextEncoder()
  /** A byte order mark is a character like any other. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #scratch: Pointer

  constructor({ wasm }: Sqlite3) {
    this.#wasm = wasm
    this.#exports = wasm.exports
    this.#scratch = this.#allocate(SCRATCH_BYTES)
  }

  /** Calls `use` with the address of a copy of `bytes`, which is gone afterwards. */
  withBytes<T>(bytes: Uint8Array, use: (address: Pointer) => T): T {
    const fits = bytes.length <= SCRATCH_BYTES
    const address = fits ? this.#scratch : this.#allocate(bytes.length)
    try {
      this.#wasm.heap8u().set(bytes, address)
      return use(address)
    } finally {
      if (!fits) this.#exports.sqlite3_free(address)
    }
  }

  /** The same for a text in UTF-8; `length` is in bytes. */
  withText<T>(text: string, use: (address: Pointer, length: number) => T): T {
    // A character takes three bytes at most.
    if (text.length * 3 > SCRATCH_BYTES) {
      const bytes = this.#encoder.encode(text)
      return this.withBytes(bytes, (address) => use(address, bytes.length))
    }
    const { written } = this.#encoder.encodeInto(
      text,
      this.#wasm.heap8u().subarray(this.#scratch, this.#scratch + SCRATCH_BYTES),
    )
    return use(this.#scratch, written)
  }

  /** A text of so many bytes, NULs included. */
  text(address: Pointer, length: number): string {
    const heap = this.#wasm.heap8u()
    if (length < 32) {
      let text = ''
      let index = 0
      for (; index < length; index++) {
        const byte = heap[address + index] as number
        if (byte > 127) break
        text += String.fromCharCode(byte)
      }
      if (index === length) return text
    }
    return this.#decoder.decode(heap.subarray(address, address + length))
  }

  /** A text that ends with a NUL; `null` for NULL. */
  cString(address: Pointer): string | null {
    if (address === 0) return null
    return this.text(address, this.#wasm.heap8u().indexOf(0, address) - address)
  }

  bytes(address: Pointer, length: number): Uint8Array {
    return this.#wasm.heap8u().slice(address, address + length)
  }

  /** Calls `use` with the address of `count` pointers, and reads them afterwards. */
  withPointers<T>(count: number, use: (address: Pointer) => T): { readonly result: T; readonly pointers: Pointer[] } {
    const address = this.#allocate(count * 4)
    try {
      const result = use(address)
      const pointers = Array.from({ length: count }, (_, index) => this.#wasm.peekPtr(address + index * 4))
      return { result, pointers }
    } finally {
      this.#exports.sqlite3_free(address)
    }
  }

  #allocate(size: number): Pointer {
    const address = this.#exports.sqlite3_malloc(size)
    if (address === 0) throw new RangeError('the WASM module is out of memory')
    return address
  }
}
