/** Where the server is and how it is used: what a URL says, and what is given beside it, in one. */
import { givenOptions } from '@upkeep/core'
import { type PostgresOptions, type ResolvedPostgresOptions, resolvePostgresOptions } from './postgres-options.ts'
import { locationOf, parsePostgresUrl, resolveAddress, type ServerAddress } from './postgres-url.ts'

/** A server by URL, or by its parts. */
export interface TargetOptions extends PostgresOptions {
  /** `postgres://user:password@host:5432/database`; what else is given wins over it. @default none */
  readonly url?: string | undefined
  /** A name, an address, or the folder of a Unix socket. @default that of the URL */
  readonly host?: string | undefined
  /** @default 5432 */
  readonly port?: number | undefined
  /** @default `PGUSER` of the environment */
  readonly user?: string | undefined
  /** Or a function that gives one, asked at each connect: for tokens that expire. @default `PGPASSWORD` */
  readonly password?: string | (() => string | Promise<string>) | undefined
  /** @default the user's name */
  readonly database?: string | undefined
}

/** {@link TargetOptions}, checked. */
export interface PostgresTarget {
  readonly address: ServerAddress
  /** For logs. */
  readonly location: string
  readonly options: ResolvedPostgresOptions
}

/** @throws INVALID_ARGUMENT */
export function resolveTarget(options: TargetOptions): PostgresTarget {
  const { url, host, port, user, password, database, ...own } = options
  const fromUrl = url === undefined ? { address: {}, options: {} } : parsePostgresUrl(url)
  const given = givenOptions({ host, port, user, password, database }) as Partial<ServerAddress>
  const address = resolveAddress({ ...fromUrl.address, ...given })
  const { pool: urlPool, ...urlOptions } = fromUrl.options as PostgresOptions
  const { pool: ownPool, ...ownOptions } = givenOptions(own)
  const pool = isObject(ownPool) ? { ...urlPool, ...givenOptions(ownPool) } : (ownPool ?? urlPool)
  const resolved = resolvePostgresOptions({ ...urlOptions, ...ownOptions, pool }, 'open')
  return { address, location: locationOf(address), options: resolved }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
