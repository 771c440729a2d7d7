/** Which database a path or a URL means. */
import { invalidArgument, StoreError } from '@upkeep/core'

/** A database in OPFS by its name, or one in memory. */
export interface WasmDatabase {
  readonly opfsName: string | undefined
}

/** Where the databases of an origin lie, each in a directory of its name. */
export const OPFS_DIRECTORY = '.upkeep'

const MAX_NAME_LENGTH = 100

/**
 * `:memory:`, or `opfs:name`.
 *
 * @throws INVALID_ARGUMENT for a name that is none; UNSUPPORTED for a file, which nothing here could lock
 */
export function resolveWasmDatabase(scheme: string, path: unknown): WasmDatabase {
  if (typeof path !== 'string' || path === '') throw invalidArgument('path must be :memory: or opfs:name', 'open')
  if (scheme === 'opfs') return { opfsName: opfsName(path) }
  if (path === ':memory:') return { opfsName: undefined }
  if (path.startsWith('opfs:')) return { opfsName: opfsName(path.slice('opfs:'.length)) }
  const message =
    'SQLite WASM opens no files: its locks would not be those of other processes. ' +
    'Use @upkeep/sqlite-native for a file, opfs:name in a browser, or :memory:'
  throw new StoreError('UNSUPPORTED', message, { operation: 'open' })
}

/** It is the name of a directory. */
function opfsName(name: string): string {
  if (name === '' || name.trim() !== name || name.length > MAX_NAME_LENGTH) {
    throw invalidArgument(
      `the name after opfs: has 1 to ${MAX_NAME_LENGTH} characters, and no blanks at its ends`,
      'open',
    )
  }
  if (/[/\\\0]/.test(name) || name === '.' || name.includes('..')) {
    throw invalidArgument('the name after opfs: is no path: it has no slash, backslash or ..', 'open')
  }
  return name
}
