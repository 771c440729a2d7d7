/**
 * The grammar of store URLs.
 *
 * | form                    | meaning                                                          |
 * | ----------------------- | ---------------------------------------------------------------- |
 * | `sqlite:app.db`         | a file, relative to the working directory                        |
 * | `sqlite:./app.db`       | the same                                                         |
 * | `sqlite:/var/app.db`    | an absolute file                                                 |
 * | `sqlite:///var/app.db`  | the same                                                         |
 * | `sqlite:C:/app.db`      | an absolute file on Windows                                      |
 * | `sqlite::memory:`       | a database in memory                                             |
 * | `opfs:app`              | a database of the browser's origin                               |
 * | `postgres://u:p@host/d` | a server; parsed by its backend                                  |
 * | `…?name=value`          | an option of the backend; an option given in code wins over it   |
 *
 * Percent-encoding is decoded in SQLite and OPFS names (`%3F` is a question mark in a name). What is refused, with what
 * to write instead: no URL at all, a path without a scheme, an authority (`sqlite://host/…`), SQLite's own `file:` URIs,
 * an empty name, a name with blanks at its ends, a NUL, a fragment, an option given twice.
 */
import { invalidArgument, type StoreError } from '../errors/store-error.ts'

/** A URL, taken apart. */
export interface StoreUrl {
  /** Without the colon, in lower case. */
  readonly scheme: string
  /** The decoded path or name; for server URLs the whole URL without its options. */
  readonly path: string
  /** The options after the question mark. */
  readonly options: ReadonlyMap<string, string>
}

/** Schemes of databases on a server: they keep their authority, which their own backend parses. */
const SERVER_SCHEMES: ReadonlySet<string> = new Set(['postgres', 'postgresql'])

/** The scheme of `url`, in lower case. @throws INVALID_ARGUMENT, saying what to write instead */
export function storeUrlScheme(url: string | undefined): string {
  if (typeof url !== 'string' || url === '') {
    throw refuse(
      'the store URL is empty or undefined; is the environment variable set? Write for example sqlite:./app.db',
    )
  }
  if (url.trim() !== url) {
    throw refuse('the store URL has blanks at its ends; encode them as %20 if a name really has them')
  }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    throw refuse('the store URL has no scheme; for a file write sqlite: before its path, for example sqlite:./app.db')
  }
  if (scheme === 'file') throw refuse("file: URIs are SQLite's own; write sqlite: before the path instead")
  return scheme
}

/** Takes `url` apart. @throws INVALID_ARGUMENT, saying what to write instead; never with the URL's credentials. */
export function parseStoreUrl(url: string | undefined): StoreUrl {
  const scheme = storeUrlScheme(url)
  const text = url as string
  if (SERVER_SCHEMES.has(scheme)) return { scheme, path: text, options: new Map() }
  return parseFileUrl(scheme, text.slice(scheme.length + 1))
}

function parseFileUrl(scheme: string, rest: string): StoreUrl {
  if (rest.includes('#')) throw refuse(`a fragment has no meaning in a ${scheme}: URL; write %23 for a # in a name`)
  const mark = rest.indexOf('?')
  const name = mark < 0 ? rest : rest.slice(0, mark)
  const path = decode(withoutAuthority(scheme, name))
  if (path === '') throw refuse(`the ${scheme}: URL names no database; write for example ${example(scheme)}`)
  if (path.trim() !== path)
    throw refuse('the database name has blanks at its ends, which drivers cut off; choose another name')
  if (path.includes('\0')) throw refuse('the database name has a NUL character')
  if (/^file:/i.test(path)) throw refuse(`SQLite's file: URIs are not taken; write ${scheme}: and the plain path`)
  return { scheme, path, options: mark < 0 ? new Map() : parseOptions(rest.slice(mark + 1)) }
}

function withoutAuthority(scheme: string, name: string): string {
  if (!name.startsWith('//')) return name
  if (name.startsWith('///')) return name.slice(2)
  throw refuse(
    `${scheme}://name reads as a host; write ${scheme}:name for a relative path or ${scheme}:///name for an absolute one`,
  )
}

function parseOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const [index, pair] of query.split('&').entries()) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const key = decode(equals < 0 ? pair : pair.slice(0, equals))
    // It may be the rest of a password that has a bare &, so it is not repeated.
    if (equals < 0) throw refuse(`option ${index + 1} of the URL has no value; write name=value, and %26 for a & in it`)
    if (options.has(key)) throw refuse(`option ${index + 1} of the URL is given twice`)
    options.set(key, decode(pair.slice(equals + 1)))
  }
  return options
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('the store URL has a % that is not followed by two hexadecimal digits; write %25 for a % in a name')
  }
}

function example(scheme: string): string {
  return scheme === 'opfs' ? 'opfs:app' : `${scheme}:./app.db`
}

function refuse(message: string): StoreError {
  return invalidArgument(message, 'open')
}
