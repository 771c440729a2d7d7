/**
 * What kind of server a maintenance connection has reached, and what it may do there: flavour, version, standby, pooler,
 * privileges. It asks and changes nothing; what a flavour cannot answer is not asked.
 */
import { StoreError } from '@upkeep/core'
import type { DedicatedClient, Row } from './dedicated-client.ts'
import { classifyFlavour, flavourOfVersion, type ServerFlavour } from './server-flavour.ts'

/** The oldest server that is maintained. */
export const OLDEST_VERSION = 130_000

/** What the run is planned from, besides the tables. */
export interface ServerFacts {
  readonly flavour: ServerFlavour
  /** As `server_version_num` has it: 180004. */
  readonly version: number
  /** In recovery: nothing can be written, and an advisory lock keeps nobody out. */
  readonly isStandby: boolean
  /** The connection is that of a pooler, and the backend behind it may be another one with every statement. */
  readonly isPooled: boolean
  /** The pid of the backend; of the last one where it is pooled. */
  readonly backendPid: number
  readonly canCheckpoint: boolean
  /** Where what is created goes; `undefined` where the search path leads nowhere. */
  readonly schema: string | undefined
  readonly searchPath: readonly string[]
  readonly databaseSizeBytes: number | undefined
}

const ABOUT = `
  SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS pid, current_schema() AS schema,
    array_to_json(current_schemas(false))::text AS path,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super,
    (SELECT array_to_json(array_agg(DISTINCT split_part(name, '.', 1)))::text FROM pg_settings WHERE name LIKE '%.%') AS prefixes,
    (SELECT array_to_json(array_agg(extname))::text FROM pg_extension) AS extensions,
    CASE WHEN has_database_privilege(current_database(), 'CONNECT')
      THEN pg_database_size(current_database())::float8 END AS size_bytes`

/** @throws UNSUPPORTED for a Postgres that is too old; the driver's errors */
export async function detectServer(client: DedicatedClient, host: string): Promise<ServerFacts> {
  const [said] = await client.ask(
    "SELECT version() AS version, current_setting('server_version_num', true) AS version_number",
  )
  const version = String(said?.version)
  const number = Number(said?.version_number)
  if (flavourOfVersion({ version, host }) !== undefined) {
    const flavour = classifyFlavour({ version, host, settingPrefixes: [], extensions: [] })
    if (!flavour.hasStatisticsViews) return foreignFacts(client, flavour, number)
  } else if (number < OLDEST_VERSION) {
    throw new StoreError('UNSUPPORTED', 'maintenance needs Postgres 13 or newer', { operation: 'maintenance' })
  }
  const [about = {}] = await client.ask(ABOUT)
  const flavour = classifyFlavour({
    version,
    host,
    settingPrefixes: list(about.prefixes),
    extensions: list(about.extensions),
  })
  return {
    flavour,
    version: number,
    isStandby: about.standby === true,
    isPooled: Number(about.pid) !== client.processId,
    backendPid: Number(about.pid),
    canCheckpoint: about.super === true || (await hasCheckpointRole(client, number)),
    schema: typeof about.schema === 'string' ? about.schema : undefined,
    searchPath: list(about.path),
    databaseSizeBytes: typeof about.size_bytes === 'number' ? about.size_bytes : undefined,
  }
}

/** Of those that have none of Postgres's views: just where the lease may be. */
async function foreignFacts(client: DedicatedClient, flavour: ServerFlavour, version: number): Promise<ServerFacts> {
  const [row] = await client.ask('SELECT current_schema() AS schema')
  const schema = typeof row?.schema === 'string' ? row.schema : undefined
  return {
    flavour,
    version,
    isStandby: false,
    isPooled: true,
    backendPid: 0,
    canCheckpoint: false,
    schema,
    searchPath: schema === undefined ? [] : [schema],
    databaseSizeBytes: undefined,
  }
}

/** Source: https://www.postgresql.org/docs/current/predefined-roles.html */
async function hasCheckpointRole(client: DedicatedClient, version: number): Promise<boolean> {
  if (version < 150_000) return false
  const [row] = await client.ask("SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE') AS yes")
  return row?.yes === true
}

function list(json: Row[string]): readonly string[] {
  return typeof json === 'string' ? (JSON.parse(json) as string[]) : []
}
