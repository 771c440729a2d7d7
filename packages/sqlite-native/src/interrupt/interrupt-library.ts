/**
 * The loadable library that stops statements: where it is, whether it loads here, and what it is asked to do.
 *
 * Its source, and what it promises, is in interrupt/upkeep-interrupt.c. When to stop something is not decided here.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StoreLog } from '@upkeep/core'
import { errorLabel, StoreError } from '@upkeep/core/sqlite/host'
import type Database from 'better-sqlite3'
import { type InterruptControl, loadInto, openInterruptControl } from './interrupt-control.ts'

type Driver = typeof Database

const SUFFIXES: Readonly<Record<string, string>> = { linux: 'so', darwin: 'dylib', win32: 'dll' }
const ENTRY_POINT = 'sqlite3_upkeep_init'

export class InterruptLibrary {
  /** Absolute path, for a thread that opens a control of its own. */
  readonly path: string
  readonly #driver: Driver

  constructor(driver: Driver, path: string) {
    this.#driver = driver
    this.path = path
  }

  /**
   * Makes a connection one whose statements can be stopped; answers the token by which. @throws CONNECTION; the driver's
   * error where the database itself cannot be read
   */
  register(db: Database.Database): string {
    try {
      loadInto(db, this.path, ENTRY_POINT)
      return String(db.prepare('SELECT upkeep_interrupt_token()').pluck().get())
    } catch (cause) {
      // It is the first statement on the file: what is wrong with that is not ours to reword.
      if (cause instanceof this.#driver.SqliteError && cause.code !== 'SQLITE_ERROR') throw cause
      const nativeCode = errorLabel(cause)
      const message = 'this connection could not be registered with the interrupt library'
      throw new StoreError('CONNECTION', message, { operation: 'open', nativeCode, cause })
    }
  }

  /** Opens a control; whoever opens it closes it. */
  openControl(): InterruptControl {
    return openInterruptControl(this.#driver, this.path)
  }
}

/** Whether it loads does not change, and is told once. */
let loaded: { readonly library: InterruptLibrary | undefined } | undefined

/** The library, if it loads here; else `undefined`, which is told in the log, once in this process. */
export function loadInterruptLibrary(driver: Driver, log: StoreLog): InterruptLibrary | undefined {
  loaded ??= { library: tryLibrary(driver, interruptLibraryPath(process.platform, process.arch), log) }
  return loaded.library
}

/** As {@link loadInterruptLibrary}, for a given file and without memory. */
export function tryLibrary(driver: Driver, path: string | undefined, log: StoreLog): InterruptLibrary | undefined {
  try {
    if (path === undefined) throw new StoreError('UNSUPPORTED', 'there is none for this platform')
    openInterruptControl(driver, path).close()
    return new InterruptLibrary(driver, path)
  } catch (error) {
    const fields = { code: errorLabel(error), platform: process.platform, arch: process.arch }
    log.warn('running statements cannot be stopped: the interrupt library does not load here', fields)
    return undefined
  }
}

/** Where the library for a platform is; `undefined` if there is none. */
export function interruptLibraryPath(platform: string, arch: string): string | undefined {
  const suffix = SUFFIXES[platform]
  if (suffix === undefined || (arch !== 'x64' && arch !== 'arm64')) return undefined
  const packed = fileURLToPath(new URL(`../../interrupt/bin/${platform}-${arch}.${suffix}`, import.meta.url))
  // Electron reads out of its archive, and the system's loader does not.
  const unpacked = packed.replace(/([\\/]app\.asar)([\\/])/, '$1.unpacked$2')
  return unpacked !== packed && existsSync(unpacked) ? unpacked : packed
}
