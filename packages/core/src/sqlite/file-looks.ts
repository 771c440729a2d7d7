/**
 * What was seen of the files of a database, and what is seen now. Looks and compares; what follows from it is decided
 * in file-guard.ts.
 *
 * Where the file system tells, one look at the directory stands for one at each file in it: its time of change is
 * another one whenever a name in it comes, goes, or is given to another file. That holds once the time is older than
 * the file system's smallest step, so a directory that has just changed is not relied upon.
 */
import { StoreError } from '../errors/store-error.ts'
import type { FileIdentity, FileLook, SqliteFiles } from './port.ts'

/** Times of change come in steps of at most 10 ms on the systems that are asked for them. */
const SETTLED_MS = 50

/** What can be wrong with a file that was ours. */
export type Misplaced = 'missing' | 'other' | 'log missing' | 'log other'

/** What two looks have in common; `smaller`: the same file, and less of it. */
export type FileState = Misplaced | 'same' | 'smaller'

type Look = (path: string) => FileLook | undefined

export class FileLooks {
  readonly #files: SqliteFiles
  readonly #look: Look
  readonly #path: string
  readonly #directory: string | undefined
  #database: FileLook | undefined
  #log: FileLook | undefined
  #index: FileLook | undefined
  /** The directory, as it was when all was well, if that can be relied upon. */
  #quiet: FileLook | undefined
  #nowBytes = 0
  #largestBytes = 0

  private constructor(files: SqliteFiles, look: Look, path: string) {
    this.#files = files
    this.#look = look
    this.#path = path
    this.#directory = files.tellingDirectory?.(path)
  }

  /** `undefined` where nobody can look. */
  static create(files: SqliteFiles, path: string): FileLooks | undefined {
    return files.look && new FileLooks(files, (file) => lookOrThrow(files, file), path)
  }

  get identity(): FileIdentity | undefined {
    return this.#database && { database: identityOf(this.#database), log: this.#log && identityOf(this.#log) }
  }

  /** Of the database, at the last look. */
  get sizeBytes(): number {
    return this.#nowBytes
  }

  /** At the database, whoever's it is. */
  look(): FileLook | undefined {
    return this.#look(this.#path)
  }

  /** Answers whether there is one. */
  adoptDatabase(): boolean {
    this.#database = this.#look(this.#path)
    this.#log = undefined
    this.#index = undefined
    this.#quiet = undefined
    this.#nowBytes = this.#database?.size ?? 0
    this.acceptSize()
    return this.#database !== undefined
  }

  adoptLog(): void {
    this.#log = this.#look(`${this.#path}-wal`)
    this.#index = this.#look(`${this.#path}-shm`)
  }

  /** The size that was seen last is right: it may become smaller by design. */
  acceptSize(): void {
    this.#largestBytes = this.#nowBytes
  }

  /** Whether no name can have changed since {@link compare} said that all are the same. */
  isQuiet(): boolean {
    const quiet = this.#quiet
    // Without a log the directory changes with each transaction: then a look at the database costs less.
    if (quiet === undefined || this.#directory === undefined) return false
    const now = this.#look(this.#directory)
    return now !== undefined && now.ctimeMs === quiet.ctimeMs && isSame(now, quiet)
  }

  compare(): FileState {
    // Before the files: what changes them after this look is seen by the next one.
    const directory = this.#log && this.#directory !== undefined ? this.#look(this.#directory) : undefined
    const lookedMs = Date.now()
    this.#quiet = undefined
    const found = this.#compareFiles()
    if (found === 'same' && directory !== undefined && lookedMs - directory.ctimeMs > SETTLED_MS) {
      this.#quiet = directory
    }
    return found
  }

  #compareFiles(): FileState {
    const database = this.#look(this.#path)
    if (database === undefined) return 'missing'
    if (this.#database === undefined || !isSame(database, this.#database)) return 'other'
    if (this.#log !== undefined) {
      const log = this.#look(`${this.#path}-wal`)
      if (log === undefined) return 'log missing'
      if (!isSame(log, this.#log)) return 'log other'
    }
    this.#nowBytes = database.size
    if (database.size < this.#largestBytes) return 'smaller'
    this.#largestBytes = database.size
    return 'same'
  }

  /** Log and index, if they are ours and the database is not; they keep the form that SQLite finds them by. */
  setLogAside(now: Date): readonly string[] {
    const { setAside } = this.#files
    const database = this.#look(this.#path)
    const isOurs = database !== undefined && this.#database !== undefined && isSame(database, this.#database)
    if (isOurs || setAside === undefined) return []
    const stem = this.#freeStem(now)
    const moved: string[] = []
    for (const [end, before] of [
      ['-wal', this.#log],
      ['-shm', this.#index],
    ] as const) {
      const there = this.#look(`${this.#path}${end}`)
      if (before === undefined || there === undefined || !isSame(there, before)) continue
      setAside(`${this.#path}${end}`, `${stem}${end}`)
      moved.push(`${stem}${end}`)
    }
    return moved
  }

  #freeStem(now: Date): string {
    const stem = `${this.#path}.replaced-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`
    for (let count = 1; ; count++) {
      const name = count === 1 ? stem : `${stem}-${count}`
      if (this.#look(`${name}-wal`) === undefined && this.#look(`${name}-shm`) === undefined) return name
    }
  }
}

function isSame(one: FileLook, other: FileLook): boolean {
  return one.ino === other.ino && one.dev === other.dev
}

/** In a form that can be sent to another process. */
export function identityOf({ dev, ino }: FileLook): string {
  return `${dev}:${ino}`
}

function lookOrThrow(files: SqliteFiles, path: string): FileLook | undefined {
  try {
    return files.look?.(path)
  } catch (cause) {
    throw new StoreError('CONNECTION', 'the files of the database cannot be looked at', { operation: 'file', cause })
  }
}
