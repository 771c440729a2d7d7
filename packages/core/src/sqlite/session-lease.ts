/**
 * Which connection a session has.
 *
 *   none ── writer() ──▶ the writer, with the write lock
 *     └──── reader() ──▶ a reader of its own, where there are any
 *
 * A session keeps what it got until it gives it back: its statements may have changed settings.
 */
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { LockHolder } from './write-lock.ts'

export class SessionLease {
  /** Whether the writer must be reset before anybody else has it. */
  settingsChanged = false
  readonly #set: ConnectionSet
  readonly #holder: LockHolder
  readonly #assertNotNested: () => void
  #connection: SqliteConnection | undefined
  #isReader = false

  constructor(set: ConnectionSet, holder: LockHolder, assertNotNested: () => void) {
    this.#set = set
    this.#holder = holder
    this.#assertNotNested = assertNotNested
  }

  /** `undefined` as long as nothing needed one. */
  get connection(): SqliteConnection | undefined {
    return this.#connection
  }

  get isReader(): boolean {
    return this.#isReader
  }

  /** The connection there is, else the writer. @throws NESTED_USE, BUSY, ABORTED */
  async writer(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    if (this.#connection !== undefined) return this.#connection
    this.#assertNotNested()
    await this.#set.whenUsable(signal)
    await this.#set.lock.acquire(this.#holder, signal)
    this.#connection = this.#set.writer
    return this.#connection
  }

  /** Takes the writer if nobody has it or waits for it. */
  tryWriter(): boolean {
    if (this.#connection !== undefined || !this.#set.guard.isUsable()) return false
    if (!this.#set.lock.tryAcquire(this.#holder)) return false
    this.#connection = this.#set.writer
    return true
  }

  /** The connection there is, else a reader, else the writer. */
  async reader(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    if (this.#connection !== undefined) return this.#connection
    await this.#set.whenUsable(signal)
    const { readers } = this.#set
    if (readers === undefined) return this.writer(signal)
    this.#connection = await readers.lease(signal)
    this.#isReader = true
    return this.#connection
  }

  async giveBack(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    if (connection === undefined) return
    if (this.#isReader) {
      this.#set.giveBackReader(connection)
      return
    }
    if (this.settingsChanged) await this.#set.resetWriter()
    this.#set.lock.release()
  }
}
