// What we use of pg beyond its documentation; see src/pg-client.ts. If one of these fails after an update of pg, that is
// the place to look.
import pg from 'pg'
import { expect, it } from 'vitest'
import type { PgClient, PgConnection, Submittable } from '../src/pg-client.ts'
import { testClient, testDatabase } from './support/server-test.ts'

async function client(): Promise<PgClient> {
  const { url } = await testDatabase()
  return (await testClient(url)) as unknown as PgClient
}

/** Runs `write`, and tells what was called, in order. */
function record(one: PgClient, write: (connection: PgConnection) => void): Promise<string[]> {
  const calls: string[] = []
  return new Promise((resolve) => {
    const statement: Submittable = {
      submit(connection) {
        calls.push('submit')
        write(connection)
        return null
      },
      handleRowDescription: ({ fields }) =>
        void calls.push(`fields ${fields.map(({ name, tableID, dataTypeID }) => `${name}:${tableID}:${dataTypeID}`)}`),
      handleDataRow: ({ fields }) => void calls.push(`row ${fields}`),
      handleCommandComplete: ({ text }) => void calls.push(text),
      handlePortalSuspended: () => void calls.push('suspended'),
      handleEmptyQuery: () => void calls.push('empty'),
      handleReadyForQuery() {
        calls.push('ready')
        resolve(calls)
      },
      handleError(error, connection) {
        calls.push(`error ${(error as { code?: string }).code}`)
        connection.once('readyForQuery', () => resolve(calls))
      },
      handleCopyInResponse: () => undefined,
      handleCopyData: () => undefined,
    }
    one.query(statement)
  })
}

it('an object with submit() writes the messages and hears of each answer', async () => {
  const one = await client()
  const calls = await record(one, (connection) => {
    connection.stream.cork()
    connection.parse({ name: 'named', text: 'select $1::int as n' })
    connection.bind({ portal: 'portal', statement: 'named', values: ['7'] })
    connection.describe({ type: 'P', name: 'portal' })
    connection.execute({ portal: 'portal', rows: 0 })
    connection.close({ type: 'S', name: 'named' })
    connection.sync()
    connection.stream.uncork()
  })
  expect(calls).toEqual(['submit', 'fields n:0:23', 'row 7', 'SELECT 1', 'ready'])
})

it('submit() is called at once on a client that has nothing to do; an error comes before readyForQuery', async () => {
  const one = await client()
  const recorded = record(one, (connection) => connection.query('select nonsense'))
  expect(await recorded).toEqual(['submit', 'error 42703'])
  expect(one.getTransactionStatus()).toBe('I')
})

it('a portal with a name outlives its Sync in a transaction', async () => {
  const one = await client()
  await record(one, (connection) => connection.query('begin'))
  const opened = await record(one, (connection) => {
    connection.parse({ name: '', text: 'select * from generate_series(1, 3)' })
    connection.bind({ portal: 'p', statement: '', values: [] })
    connection.execute({ portal: 'p', rows: 2 })
    connection.sync()
  })
  expect(opened).toEqual(['submit', 'row 1', 'row 2', 'suspended', 'ready'])
  await record(one, (connection) => connection.query('select 1'))
  const fetched = await record(one, (connection) => {
    connection.execute({ portal: 'p', rows: 2 })
    connection.sync()
  })
  expect(fetched).toEqual(['submit', 'row 3', 'SELECT 1', 'ready'])
  expect(one.getTransactionStatus()).toBe('T')
})

it('parseComplete and parameterStatus are events; pid and secret are there; the startup packet is ours to say', async () => {
  const { url } = await testDatabase()
  const one = new pg.Client({ connectionString: url }) as unknown as PgClient
  const settings = new Map<string, string>()
  let parsed = 0
  one.connection.on('parameterStatus', ({ parameterName, parameterValue }) =>
    settings.set(parameterName, parameterValue),
  )
  one.connection.on('parseComplete', () => parsed++)
  const startup = one.getStartupConf
  one.getStartupConf = () => ({ ...startup.call(one), application_name: 'mine', options: '-c work_mem=5MB' })
  await one.connect()
  expect([settings.get('application_name'), settings.has('server_version')]).toEqual(['mine', true])
  expect([typeof one.processID, typeof one.secretKey]).toEqual(['number', 'number'])
  const calls = await record(one, (connection) => {
    connection.parse({ name: '', text: 'show work_mem' })
    connection.bind({ portal: '', statement: '', values: [] })
    connection.execute({ portal: '', rows: 0 })
    connection.sync()
  })
  expect([calls[1], parsed]).toEqual(['row 5MB', 1])
  await one.end()
})
