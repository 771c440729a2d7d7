/**
 * The files that a store has open, for another process of its own that works on them: it compares, and refuses others.
 *
 * The store itself knows more of them; see file-guard.ts.
 */
import { StoreError } from '../errors/store-error.ts'
import { identityOf } from './file-looks.ts'
import type { FileIdentity, SqliteFiles } from './port.ts'

export class OpenedFile {
  readonly #path: string
  readonly #identity: FileIdentity | undefined
  readonly #files: SqliteFiles | undefined

  /** Without an identity every file is the right one. */
  constructor(
    path: string,
    file: { readonly identity: FileIdentity | undefined; readonly files: SqliteFiles } | undefined,
  ) {
    this.#path = path
    this.#identity = file?.identity
    this.#files = file?.files
  }

  get isWatching(): boolean {
    return this.#identity !== undefined && this.#files?.look !== undefined
  }

  isSame(): boolean {
    if (!this.isWatching) return true
    try {
      const log = this.#identity?.log
      const isSameLog = log === undefined || this.#found(`${this.#path}-wal`) === log
      return isSameLog && this.#found(this.#path) === this.#identity?.database
    } catch {
      return false
    }
  }

  /** @throws REPLACED */
  assertSame(): void {
    if (this.isSame()) return
    throw new StoreError('REPLACED', 'the files of the database are not those of the store', { operation: 'file' })
  }

  #found(path: string): string | undefined {
    const look = this.#files?.look?.(path)
    return look && identityOf(look)
  }
}
