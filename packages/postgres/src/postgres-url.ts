/**
 * `postgres://user:password@host:port/database?name=value`, taken apart.
 *
 * | part           | without it                                                                   |
 * | -------------- | ---------------------------------------------------------------------------- |
 * | user           | `PGUSER`, else refused                                                       |
 * | password       | `PGPASSWORD`, else none: a server that asks for one is `PERMISSION`          |
 * | host           | refused. `%2Fvar%2Frun%2Fpostgresql`, or `?host=/var/run/postgresql`, for a Unix socket |
 * | port           | 5432                                                                         |
 * | database       | the user's name                                                              |
 * | options        | the names of `PostgresOptions`, `pool.max` and the like, and libpq's `sslmode`, `sslrootcert`, `sslcert`, `sslkey` (paths), `application_name` |
 *
 * No message repeats any part of it: where a password has a bare `@`, `#` or `/`, any part may be the password.
 */
import { readFileSync } from 'node:fs'
import { invalidArgument, StoreError } from '@upkeep/core'
import { POOL_DEFAULTS, POSTGRES_DEFAULTS } from './postgres-options.ts'

/** Where a server is, and as whom we come. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Asked for at each connect where it is a function. */
  readonly password: string | (() => string | Promise<string>) | undefined
}

const DEFAULT_PORT = 5432

/** libpq's names for options of ours. */
const LIBPQ_NAMES: Readonly<Record<string, string>> = { sslmode: 'sslMode', application_name: 'applicationName' }
/** libpq's names for files. */
const FILES: Readonly<Record<string, string>> = { sslrootcert: 'ca', sslcert: 'cert', sslkey: 'key' }

/** A URL, taken apart. @throws INVALID_ARGUMENT, saying what to write instead */
export function parsePostgresUrl(url: string): { address: Partial<ServerAddress>; options: Record<string, unknown> } {
  const parsed = parse(url)
  const query = parsed.searchParams
  const host = query.get('host') ?? decode(parsed.hostname)
  query.delete('host')
  if (host.includes(',')) throw refuse('the URL names several hosts; write one, or the name of a load balancer')
  const database = decode(parsed.pathname.slice(1))
  const address: Partial<ServerAddress> = {
    ...(host !== '' && { host: host.replace(/^\[(.*)\]$/, '$1') }),
    ...(parsed.port !== '' && { port: Number(parsed.port) }),
    ...(parsed.username !== '' && { user: decode(parsed.username) }),
    ...(parsed.password !== '' && { password: decode(parsed.password) }),
    ...(database !== '' && { database }),
  }
  return { address, options: optionsOf(query) }
}

/** An address as an application gives it, with its defaults. @throws INVALID_ARGUMENT */
export function resolveAddress(given: Partial<ServerAddress>): ServerAddress {
  const { host, port = DEFAULT_PORT, user = process.env.PGUSER, password = process.env.PGPASSWORD } = given
  if (typeof host !== 'string' || host === '')
    throw refuse('there is no host; write for example postgres://user@localhost/app')
  if (typeof user !== 'string' || user === '') throw refuse('there is no user; write postgres://user@host/database')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refuse('the port must be a number from 1 to 65535')
  const { database = user } = given
  if (typeof database !== 'string' || database === '' || database.includes('/')) {
    throw refuse('the name of the database must not have a /; write %2F if it really has one, and %23 for a #')
  }
  if (password !== undefined && typeof password !== 'string' && typeof password !== 'function') {
    throw refuse('the password must be a text, or a function that gives one')
  }
  return { host, port, user, database, password }
}

/** For logs: without user, password and options. */
export function locationOf({ host, port, database }: ServerAddress): string {
  const shown = host.startsWith('/') ? encodeURIComponent(host) : host.includes(':') ? `[${host}]` : host
  return `postgres://${shown}:${port}/${encodeURIComponent(database)}`
}

function parse(url: string): URL {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    // The error of the runtime holds the whole URL.
    throw refuse(
      'the URL cannot be read; write postgres://user:password@host:5432/database, and encode what is odd in it',
    )
  }
  if (parsed.hash !== '') throw refuse('a fragment has no meaning in the URL; write %23 for a # in a password')
  return parsed
}

function optionsOf(query: URLSearchParams): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  const pool: Record<string, unknown> = {}
  for (const [name, text] of query) {
    if (query.getAll(name).length > 1) throw refuse('an option of the URL is given twice')
    const file = FILES[name]
    if (file !== undefined) options[file] = readPem(name, text)
    else if (name.startsWith('pool.'))
      pool[name.slice(5)] = typedValue((POOL_DEFAULTS as object)[name.slice(5) as never], text)
    else {
      const own = LIBPQ_NAMES[name] ?? name
      options[own] = typedValue((POSTGRES_DEFAULTS as object)[own as never], text)
    }
  }
  return Object.keys(pool).length > 0 ? { ...options, pool } : options
}

/** By the type of the default; what does not fit stays text, and is refused with the other options. */
function typedValue(fallback: unknown, text: string): unknown {
  if (typeof fallback === 'boolean' || text === 'false') return text === 'true' || (text === 'false' ? false : text)
  if (typeof fallback === 'number') return /^\d+$/.test(text) ? Number(text) : text
  return text
}

function readPem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const nativeCode = error instanceof Error && 'code' in error ? String(error.code) : undefined
    throw new StoreError('INVALID_ARGUMENT', `the file of ${name} cannot be read`, { operation: 'open', nativeCode })
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('the URL has a % that is not followed by two hexadecimal digits; write %25 for a %')
  }
}

function refuse(message: string): StoreError {
  return invalidArgument(message, 'open')
}
