// The databases of tests on one server: each is a copy of the server's template, made before it is asked for, and
// dropped behind the test's back, whoever is still connected to it. Knows nothing of what is in them.
import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** See the module. */
export interface TestDatabases {
  /** An empty database of this name now exists. */
  create(): Promise<string>
  /** Will be dropped soon. */
  drop(name: string): void
  close(): Promise<void>
}

/** So many stand ready. */
const SPARES = 3

/** On the server at `url`. */
export async function openTestDatabases(url: string): Promise<TestDatabases> {
  const client = new pg.Client({ connectionString: url })
  // The server is stopped beneath it, at the latest at the end.
  client.on('error', () => undefined)
  await client.connect()
  // By way of the log, as is the default since 15, it takes twice as long.
  const { rows } = await client.query('SHOW server_version_num')
  const how = Number(rows[0].server_version_num) >= 150_000 ? 'STRATEGY FILE_COPY' : ''
  const spares: Promise<string>[] = []
  let last = Promise.resolve()
  let isClosed = false
  // One after another: a template can be copied by one session at a time.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }
  const make = (): Promise<string> => {
    const made = inTurn(async () => {
      const name = `test_${randomBytes(6).toString('hex')}`
      await client.query(`CREATE DATABASE ${name} ${how}`)
      return name
    })
    // Told to whoever takes it.
    made.catch(() => undefined)
    return made
  }
  return {
    async create() {
      const name = await (spares.shift() ?? make())
      while (spares.length < SPARES && !isClosed) spares.push(make())
      return name
    },
    drop(name) {
      inTurn(() => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)).catch((error: unknown) => {
        if (!isClosed) console.error(`the test database ${name} could not be dropped:`, error)
      })
    },
    async close() {
      isClosed = true
      await client.end()
    },
  }
}
