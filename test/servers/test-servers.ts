// How tests, benches and examples come to a Postgres: by the name of a server. In a run of vitest all share the servers
// that global-setup.ts keeps; elsewhere this process keeps its own, and they go when it ends.

import type { ServerAddress, ServerName } from './server-name.ts'
import { startKeeper } from './start-keeper.ts'

/** A database of its own on a test server. */
export interface PostgresTestDatabase extends ServerAddress {
  /** Ends whoever is connected, and removes it. */
  drop(): Promise<void>
}

let own: Promise<string> | undefined

/** The server of this name; it is started if nobody has asked for it yet. @throws Error where it cannot run here */
export function testServer(name: ServerName): Promise<ServerAddress> {
  return ask('POST', `servers/${name}`)
}

/** An empty database of its own on the server of this name. */
export async function createPostgresDatabase(name: ServerName): Promise<PostgresTestDatabase> {
  const address = await ask('POST', `servers/${name}/databases`)
  const database = new URL(address.url).pathname.slice(1)
  return {
    ...address,
    async drop() {
      await ask('DELETE', `servers/${name}/databases/${database}`)
    },
  }
}

async function ask(method: string, path: string): Promise<ServerAddress> {
  const response = await fetch(`${await keeperAddress()}/${path}`, { method })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return JSON.parse(text) as ServerAddress
}

function keeperAddress(): string | Promise<string> {
  const shared = process.env.UPKEEP_TEST_SERVERS
  if (shared !== undefined) return shared
  own ??= startKeeper().then(({ address }) => address)
  return own
}
