/**
 * A lock among processes that dies with its holder: a write transaction held open on a small SQLite file of its own.
 *
 * The file lies beside the database, holds one row that names the holder, and stays when the lock is released. The
 * lock is the transaction, not the row.
 */
import type { SqliteDatabase, SqlitePort } from './port.ts'
import { isBusy } from './sqlite-errors.ts'

/** The lock, held. */
export interface SidecarHold {
  readonly held: true
  /** What an earlier holder has noted under `key`. */
  recall(key: string): string | undefined
  /** Notes a value for later holders; kept when the lock is released. */
  remember(key: string, value: string): void
  release(): void
}

/** What an attempt came to. */
export type SidecarAttempt = SidecarHold | { readonly held: false; readonly holder: string | undefined }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL)`
const CLAIM = 'INSERT OR REPLACE INTO holder (id, name) VALUES (1, ?)'

export class SidecarLock {
  readonly #port: SqlitePort
  readonly #path: string
  readonly #owner: string
  #held: SidecarHold | undefined

  constructor(port: SqlitePort, path: string, owner: string) {
    this.#port = port
    this.#path = path
    this.#owner = owner
  }

  /**
   * What the last holder has noted under `key`; `undefined` also where there has been none. Needs no lock. While it is
   * held by this very object the holder is asked: not every file system lets the file be opened beside it.
   *
   * @throws the driver's error, BUSY among them while a holder is just writing
   */
  recall(key: string): string | undefined {
    if (this.#held !== undefined) return this.#held.recall(key)
    let db: SqliteDatabase
    try {
      db = this.#port.open(this.#path, { readOnly: true, mustExist: true, plain: true })
    } catch {
      return undefined
    }
    try {
      return readNote(db, key)
    } catch (error) {
      // Made by a process that has not come to making its tables.
      if (this.#port.resultCode(error) === 'SQLITE_ERROR') return undefined
      throw error
    } finally {
      db.close()
    }
  }

  /** Takes the lock if nobody has it, and never waits. @throws the driver's error for anything but a busy lock */
  tryAcquire(): SidecarAttempt {
    const db = this.#port.open(this.#path, { readOnly: false, mustExist: false, plain: true })
    // Two stores of one process have the same owner; the claim does not.
    const claim = `${this.#owner} (${Math.random().toString(36).slice(2, 10)})`
    try {
      db.exec('PRAGMA busy_timeout = 0')
      db.exec('PRAGMA synchronous = OFF')
      commitClaim(db, claim)
      db.exec('BEGIN IMMEDIATE')
      if (readHolder(db) === claim) return this.#hold(db)
    } catch (error) {
      if (!isBusy(this.#port, error)) {
        db.close()
        throw error
      }
    }
    return lost(db)
  }

  #hold(db: SqliteDatabase): SidecarHold {
    const hold: SidecarHold = {
      held: true,
      recall: (key) => readNote(db, key),
      remember: (key, value) =>
        void db.prepare('INSERT OR REPLACE INTO note (key, value) VALUES (?, ?)').run([key, value]),
      release: () => {
        if (this.#held === hold) this.#held = undefined
        releaseHeld(db)
      },
    }
    this.#held = hold
    return hold
  }
}

/** Who has it can be told unless the holder is just writing its name, or has only begun to make the file. */
function lost(db: SqliteDatabase): SidecarAttempt {
  try {
    if (db.inTransaction) db.exec('ROLLBACK')
    return { held: false, holder: readHolder(db) }
  } catch {
    return { held: false, holder: undefined }
  } finally {
    db.close()
  }
}

/** The name is committed before the lock is taken for good, so that others can read it. */
function commitClaim(db: SqliteDatabase, claim: string): void {
  db.exec('BEGIN IMMEDIATE')
  db.exec(SCHEMA)
  db.prepare(CLAIM).run([claim])
  db.exec('COMMIT')
}

function readHolder(db: SqliteDatabase): string | undefined {
  const name = db.prepare('SELECT name FROM holder').all([])[0]?.name
  return typeof name === 'string' ? name : undefined
}

function readNote(db: SqliteDatabase, key: string): string | undefined {
  const value = db.prepare('SELECT value FROM note WHERE key = ?').all([key])[0]?.value
  return typeof value === 'string' ? value : undefined
}

/** A note is worth no failure: somebody who is just reading the file keeps it from being written. */
function releaseHeld(db: SqliteDatabase): void {
  try {
    db.exec('COMMIT')
  } catch {
    if (db.inTransaction) db.exec('ROLLBACK')
  } finally {
    db.close()
  }
}
