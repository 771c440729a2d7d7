import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createPostgresDatabase } from './test-servers.ts'

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe.each([
  ['newest', 18],
  ['oldest', 13],
] as const)('%s', (name, major) => {
  it(`is Postgres ${major}, and each test has a database of its own`, async () => {
    const [one, other] = await Promise.all([createPostgresDatabase(name), createPostgresDatabase(name)])
    try {
      // Where the tests were given a server, it is the one that they were given.
      if (name !== 'newest' || !process.env.UPKEEP_TEST_POSTGRES_URL) {
        const [version] = await query(one.url, `SELECT current_setting('server_version_num')::int / 10000 AS major`)
        expect(version).toEqual({ major })
      }
      await query(one.url, 'CREATE TABLE only_here (id integer)')
      expect(await query(other.url, `SELECT FROM pg_tables WHERE schemaname = 'public'`)).toEqual([])
    } finally {
      await Promise.all([one.drop(), other.drop()])
    }
  })
})

// Processes of their own, without the servers of this run.
const OWNER = `
  import { testServer } from ${JSON.stringify(new URL('./test-servers.ts', import.meta.url).href)}
  import pg from ${JSON.stringify(import.meta.resolve('pg'))}
  const client = new pg.Client({ connectionString: (await testServer('oldest')).url })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query("SELECT current_setting('data_directory') AS folder, current_setting('port') AS port")
  console.log(JSON.stringify({ ...rows[0], pid: process.pid }))
  if (process.argv[1] === 'end') await client.end()
  else process.stdin.resume()
`

describe('nothing is left of the servers when who asked for them is gone by', () => {
  it.each(['SIGKILL', 'SIGINT', 'end'] as const)('%s', async (how) => {
    const { UPKEEP_TEST_SERVERS: _, ...env } = process.env
    // A group of its own, which gets the signal as a whole: what a terminal does on Ctrl-C.
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', OWNER, how], {
      detached: true,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const { folder, pid } = JSON.parse(String(line)) as { folder: string; pid: number }
    expect(existsSync(folder)).toBe(true)
    const gone = once(owner, 'exit')
    if (how !== 'end') process.kill(-pid, how)
    await gone
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
  })
})
