/**
 * Knows the files of a database from others that were put in their place, and refuses to go on with those.
 *
 *   ours ──assertSame() finds another file, or none──▶ failed: REPLACED ──adopt()──▶ ours
 *     └────assertSame() finds a part of it missing───▶ failed: CORRUPT  ──adopt()──▶ ours
 *
 * Files are told apart by device and inode, by `stat` alone. While a connection of ours is open no other SQLite may
 * remove or replace the log, since that takes a lock on the database which we keep it from: a log that is missing, or is
 * another one, was changed by somebody who knows nothing of SQLite.
 *
 * What it does not notice: a file that is overwritten in place, by one that is at least as large.
 * Source: https://www.sqlite.org/howtocorrupt.html
 */
import type { Clock } from '../contract/clock.ts'
import { StoreError } from '../errors/store-error.ts'
import { FileLooks, type Misplaced } from './file-looks.ts'
import type { FileIdentity, SqliteFiles } from './port.ts'

/** Reads look at the files at most this often. */
const READ_INTERVAL_MS = 100

/** What SQLite believes of the size of a database. */
export interface PageCounts {
  readonly pageCount: number
  readonly pageSizeBytes: number
  /** Frames of the log that are not in the database yet. */
  readonly uncopiedFrames: number
}

/** What a guard is made of. */
export interface FileGuardParts {
  readonly path: string
  /** Without it, or where it cannot look, nothing is guarded. */
  readonly files: SqliteFiles | undefined
  readonly clock: Clock
  /** Asks SQLite; only when the file has become smaller. @throws what SQLite says of a file that is too small for it */
  readonly countPages: () => PageCounts
  /** Whether SQLite could not be asked just now. */
  readonly isBusy: (error: unknown) => boolean
  /** Hears of a failure, once. */
  readonly onFailure: (failure: StoreError) => void
}

export class FileGuard {
  /** Whether the next read has to look. A flag, and no clock: reads are many, and ask it each time. */
  isDue = false
  readonly #parts: FileGuardParts
  readonly #looks: FileLooks | undefined
  #hasFile = false
  #failure: StoreError | undefined
  #timer: unknown

  constructor(parts: FileGuardParts) {
    this.#parts = parts
    const { files, path } = parts
    this.#looks = path === ':memory:' || files === undefined ? undefined : FileLooks.create(files, path)
  }

  /** Whether it knows the files at all. */
  get isWatching(): boolean {
    return this.#looks !== undefined
  }

  /** Whether there is a file to compare with. */
  get hasFile(): boolean {
    return this.#hasFile
  }

  /** Why nothing may be done any more. */
  get failure(): StoreError | undefined {
    return this.#failure
  }

  /** The files, for another process that must not take others for them. */
  get identity(): FileIdentity | undefined {
    return this.#looks?.identity
  }

  /** From here on the file at the path is ours, if there is one. Before SQLite has read it. */
  adopt(): boolean {
    if (this.#looks === undefined) return false
    this.#failure = undefined
    this.isDue = true
    this.#hasFile = this.#looks.adoptDatabase()
    return this.#hasFile
  }

  /** The log is there, and ours, once a connection has read something. */
  adoptLog(): void {
    this.#looks?.adoptLog()
  }

  /** Before a read. @throws REPLACED, CORRUPT */
  beforeRead(): void {
    if (this.isDue) this.assertSame()
  }

  /** Before a write transaction, and before its end. @throws REPLACED, CORRUPT */
  beforeWrite(): void {
    if (this.#looks === undefined) return
    if (this.isDue || !this.#looks.isQuiet()) this.assertSame()
  }

  /** As {@link beforeWrite}, without an error. */
  isUsable(): boolean {
    try {
      this.beforeWrite()
      return true
    } catch {
      return false
    }
  }

  /** Looks at every file, whatever was seen a moment ago. @throws REPLACED, CORRUPT; CONNECTION where nobody can look */
  assertSame(): void {
    if (this.#failure !== undefined) throw toldAgain(this.#failure)
    if (this.#looks === undefined) return
    const found = this.#looks.compare()
    if (found === 'smaller') {
      if (this.#isCut(this.#looks)) this.#fail(cut())
    } else if (found !== 'same') this.#fail(replaced(REASONS[found]))
    this.#rest()
  }

  /** From now on everything fails with `failure`, until {@link adopt}. */
  become(failure: StoreError): void {
    this.stop()
    this.#failure = failure
    this.isDue = true
    this.#parts.onFailure(failure)
  }

  /** Holds everything off with `reason`, while the file is being opened anew; a failure stays what it is. */
  holdOff(reason: StoreError): void {
    if (this.#looks === undefined) return
    this.#failure ??= reason
    this.isDue = true
  }

  /** Undoes {@link holdOff}. */
  letGo(reason: StoreError): void {
    if (this.#failure === reason) this.#failure = undefined
  }

  /** Whether there is a file, and nothing in it: SQLite would take it for a new database, and throw its log away. */
  isEmpty(): boolean {
    return this.#looks?.look()?.size === 0
  }

  /** Whether file or log are others than those that were opened. */
  isReplaced(): boolean {
    const found = this.#looks?.compare() ?? 'same'
    return found !== 'same' && found !== 'smaller'
  }

  /**
   * How connections may be closed. `ours`: as ever. `foreign`: no checkpoint, and nothing may be removed by its name. A
   * log that is merely gone is not foreign: SQLite copies what we hold of it into the database that is still ours.
   */
  closingState(): 'ours' | 'foreign' {
    if (this.#looks === undefined) return 'ours'
    if (this.#failure?.code === 'CORRUPT') return 'foreign'
    try {
      const found = this.#looks.compare()
      if (found === 'smaller') return this.#isCut(this.#looks) ? 'foreign' : 'ours'
      return found === 'same' || found === 'log missing' ? 'ours' : 'foreign'
    } catch {
      return 'foreign'
    }
  }

  /**
   * Gives the log that we have left beside a foreign database another name: SQLite would play it back into that. Answers
   * the new names. Called when nothing of ours is open any more.
   */
  setLogAside(): readonly string[] {
    return this.#looks?.setLogAside(this.#parts.clock.now()) ?? []
  }

  /** Ends its timer. */
  stop(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
  }

  #fail(failure: StoreError): never {
    this.become(failure)
    throw failure
  }

  #rest(): void {
    this.isDue = false
    if (this.#timer !== undefined) return
    const wake = (): void => {
      this.#timer = undefined
      this.isDue = true
    }
    // One at a time, and none while nobody reads or writes: it is set again by the next look.
    this.#timer = this.#parts.clock.setTimer(wake, READ_INTERVAL_MS, true)
  }

  /**
   * A checkpoint after a vacuum makes the file smaller, too. It is not that if pages are missing which no log has.
   * SQLite itself reads a page that is not there as zeros.
   */
  #isCut(looks: FileLooks): boolean {
    try {
      const { pageCount, pageSizeBytes, uncopiedFrames } = this.#parts.countPages()
      if (looks.sizeBytes < (pageCount - uncopiedFrames) * pageSizeBytes) return true
      looks.acceptSize()
      return false
    } catch (error) {
      if (this.#parts.isBusy(error)) return false
      // SQLite has found out by itself.
      return true
    }
  }
}

const REASONS: Readonly<Record<Misplaced, string>> = {
  missing: 'the database file was removed',
  other: 'another file is in the place of the database',
  'log missing': 'the write-ahead log was removed',
  'log other': 'another file is in the place of the write-ahead log',
}

function replaced(what: string): StoreError {
  return new StoreError('REPLACED', `${what}; nothing is read or written until the store is reopened`, {
    operation: 'file',
  })
}

function cut(): StoreError {
  return new StoreError('CORRUPT', 'the end of the database file is missing', { operation: 'file' })
}

/** An error of its own for each who runs into it. */
function toldAgain({ code, message, operation }: StoreError): StoreError {
  return new StoreError(code, message, { operation })
}
