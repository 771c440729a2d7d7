// Starts the servers of tests: each in a folder of its own, on a free port of the loopback interface, with a password
// that nobody else knows. They are fast and would not survive a power cut. Stopping is the caller's part.
import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { binariesIn, installedPgbouncer, installedPostgres, type PostgresBinaries } from './postgres-binaries.ts'
import type { ServerAddress } from './server-name.ts'
import { onFreePort, type ServerProcess, startServerProcess } from './server-process.ts'
import { giveTo, unprivilegedUser } from './unprivileged-user.ts'

/** Where it is, and how to stop it. */
export interface RunningServer extends ServerAddress {
  stop(): Promise<void>
}

const run = promisify(execFile)
const USER = 'upkeep'

// Nothing is flushed; autovacuum would change what tests of maintenance count.
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'autovacuum=off',
  'max_connections=300',
  'max_prepared_transactions=10',
  'shared_buffers=64MB',
  'max_wal_size=64MB',
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
  'logging_collector=off',
  'log_destination=stderr',
  'lc_messages=C',
]
const ALONE = ['wal_level=minimal', 'max_wal_senders=0']
const WITH_STANDBY = ['wal_level=replica', 'max_wal_senders=5']

/** A server of its own, in `folder`, which is empty. */
export async function startPostgres(
  found: PostgresBinaries,
  folder: string,
  settings: readonly string[] = ALONE,
): Promise<RunningServer> {
  const binaries = reachable(found, folder)
  const user = unprivilegedUser()
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  giveTo(user, folder)
  giveTo(user, passwordFile)
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  await run(binaries.program('initdb'), [...init, '--locale=C', '--no-sync'], { ...user, cwd: folder })
  return startOn(binaries, data, settings, password)
}

/** A primary and its standby. @throws Error where `pg_basebackup` is not installed */
export async function startStandby(folder: string): Promise<RunningServer> {
  const binaries = installedPostgres()
  if (binaries === undefined) throw new Error('a standby needs pg_basebackup: apt-get install postgresql')
  const user = unprivilegedUser()
  const primaryFolder = join(folder, 'primary')
  mkdirSync(primaryFolder)
  giveTo(user, folder)
  const primary = await startPostgres(binaries, primaryFolder, WITH_STANDBY)
  const data = join(folder, 'standby')
  const copy = ['-D', data, '-d', primary.url, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync']
  await run(binaries.program('pg_basebackup'), copy, { ...user, cwd: folder })
  const standby = await startOn(binaries, data, WITH_STANDBY, new URL(primary.url).password)
  return {
    url: standby.url,
    directUrl: primary.url,
    stop: async () => {
      await standby.stop()
      await primary.stop()
    },
  }
}

/** pgbouncer in transaction mode, in front of the server at `directUrl`. @throws Error where it is not installed */
export async function startPgbouncer(directUrl: string, folder: string): Promise<RunningServer> {
  const program = installedPgbouncer()
  if (program === undefined) throw new Error('pgbouncer is not installed: apt-get install pgbouncer')
  const { hostname, port: serverPort, username, password } = new URL(directUrl)
  const user = unprivilegedUser()
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`, { mode: 0o600 })
  const { port, server } = await onFreePort(async (free) => {
    const config = join(folder, 'pgbouncer.ini')
    const lines = [
      '[databases]',
      `* = host=${hostname} port=${serverPort || 5432}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${free}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      'max_client_conn = 1000',
      'default_pool_size = 10',
    ]
    writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
    for (const path of [folder, users, config]) giveTo(user, path)
    return {
      port: free,
      server: await startServerProcess(program, [config], { ready: /process up/, user, cwd: folder }),
    }
  })
  const url = new URL(directUrl)
  url.hostname = '127.0.0.1'
  url.port = `${port}`
  return { url: url.href, directUrl, stop: () => server.stop('SIGKILL') }
}

async function startOn(
  binaries: PostgresBinaries,
  data: string,
  settings: readonly string[],
  password: string,
): Promise<RunningServer> {
  const { port, server } = await onFreePort(async (free): Promise<{ port: number; server: ServerProcess }> => {
    const options = [...SETTINGS, ...settings, `port=${free}`].flatMap((setting) => ['-c', setting])
    const args = ['-D', data, ...options]
    const how = { ready: /ready to accept (read[- ]only )?connections/, user: unprivilegedUser(), cwd: data }
    return { port: free, server: await startServerProcess(binaries.program('postgres'), args, how) }
  })
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`
  // SIGINT: sessions are ended, and nobody is waited for.
  return { url, directUrl: url, stop: () => server.stop('SIGINT') }
}

/** `binaries` where the unprivileged user can run them: as they are, or as a copy where it may not go there. */
function reachable(binaries: PostgresBinaries, folder: string): PostgresBinaries {
  const user = unprivilegedUser()
  const { status } = spawnSync(binaries.program('postgres'), ['--version'], { ...user, cwd: '/', stdio: 'ignore' })
  if (status === 0) return binaries
  const copy = join(folder, 'postgres')
  cpSync(binaries.folder, copy, { recursive: true, verbatimSymlinks: true })
  return binariesIn(copy)
}
