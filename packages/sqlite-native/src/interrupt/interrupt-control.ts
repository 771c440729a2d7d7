/**
 * The connection by which the statements of others are stopped. It imports nothing of the core: the watchdog's thread
 * has to be there soon.
 */
import type Database from 'better-sqlite3'

const CONTROL_ENTRY_POINT = 'sqlite3_upkeepcontrol_init'

/** The private connection by which the statements of others are stopped. For any thread of this process. */
export class InterruptControl {
  readonly #db: Database.Database
  readonly #interrupt: Database.Statement<[string]>
  readonly #trim: Database.Statement<[]>

  constructor(db: Database.Database) {
    this.#db = db
    this.#interrupt = db.prepare<[string]>('SELECT upkeep_interrupt(?)').pluck()
    this.#trim = db.prepare<[]>('SELECT upkeep_trim()').pluck()
  }

  /**
   * Stops whatever runs on the connection of `token`, also on another thread; what starts a moment later is not
   * stopped. False if there is no such connection any more. Source: https://www.sqlite.org/c3ref/interrupt.html
   */
  interrupt(token: string): boolean {
    try {
      this.#interrupt.get(token)
      return true
    } catch {
      return false
    }
  }

  /**
   * Has the C library give free memory back to the system: whether it had any; `undefined` where it cannot be asked
   * (musl, macOS, Windows). It takes milliseconds. Source: https://man7.org/linux/man-pages/man3/malloc_trim.3.html
   */
  trim(): boolean | undefined {
    const trimmed = this.#trim.get()
    return trimmed === null ? undefined : trimmed === 1
  }

  close(): void {
    this.#db.close()
  }
}

/** @throws the driver's error where the library does not load */
export function openInterruptControl(driver: typeof Database, path: string): InterruptControl {
  const db = new driver(':memory:')
  try {
    loadInto(db, path, CONTROL_ENTRY_POINT)
    return new InterruptControl(db)
  } catch (error) {
    db.close()
    throw error
  }
}

/** The entry point is missing from the driver's types. */
export function loadInto(db: Database.Database, path: string, entryPoint: string): void {
  const { loadExtension } = db as unknown as { loadExtension(path: string, entryPoint: string): void }
  loadExtension.call(db, path, entryPoint)
}
