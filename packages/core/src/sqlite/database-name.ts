/** What a SQLite database may be called, on every backend. Source: https://www.sqlite.org/inmemorydb.html */
import { invalidArgument } from '../errors/store-error.ts'

/** Refuses a path that SQLite or a driver would take for something else. @throws INVALID_ARGUMENT */
export function assertDatabaseName(
  path: unknown,
  { readOnly }: { readonly readOnly: boolean },
): asserts path is string {
  if (typeof path !== 'string' || path === '') throw invalidArgument("path must name a file, or be ':memory:'", 'open')
  if (path.trim() !== path) throw invalidArgument('path has blanks at its ends, which drivers cut off', 'open')
  if (path.includes('\0')) throw invalidArgument('path has a NUL character', 'open')
  if (/^file:/i.test(path)) throw invalidArgument("SQLite's file: URIs are not taken; give the plain path", 'open')
  // Most often the URL of a server, with its password: taken as a path it would name directories, and be told.
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw invalidArgument('path is a URL; give the plain path', 'open')
  if (path !== ':memory:') {
    if (path.startsWith(':'))
      throw invalidArgument('no database has a name that begins with a colon, except :memory:', 'open')
  } else if (readOnly) {
    throw invalidArgument('a database in memory cannot be read-only', 'open')
  }
}
