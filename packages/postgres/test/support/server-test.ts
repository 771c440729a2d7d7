// A database of its own for each test, stores on it, and a connection past them all that looks at the server.
import { isStoreError, type Store, type StoreErrorCode } from '@upkeep/core'
import { openPostgresStore, type PostgresStoreOptions } from '@upkeep/postgres'
import { Client } from 'pg'
import { afterEach, expect } from 'vitest'
import type { ServerName } from '../../../../test/servers/server-name.ts'
import { createPostgresDatabase, type PostgresTestDatabase } from '../../../../test/servers/test-servers.ts'

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Called after the test, the last one first. */
export function afterTest(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup)
}

export async function testDatabase(server: ServerName = 'newest'): Promise<PostgresTestDatabase> {
  const database = await createPostgresDatabase(server)
  afterTest(() => database.drop())
  return database
}

/** Without maintenance at its end. */
export async function testStore(url: string, options: Omit<PostgresStoreOptions, 'url'> = {}): Promise<Store<any>> {
  const store = await openPostgresStore<any>({ url, close: { maintenanceOnClose: false, drainMs: 0 }, ...options })
  afterTest(() => store.close())
  return store
}

/** A connection of plain pg. */
export async function testClient(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  afterTest(() => client.end().catch(() => undefined))
  return client
}

/** Asserts that `promise` rejects with a StoreError of `code`, and gives it. */
export async function expectCode(promise: Promise<unknown>, code: StoreErrorCode) {
  const error = await promise.then(
    () => 'resolved',
    (reason: unknown) => reason,
  )
  expect(isStoreError(error) ? error.code : error).toBe(code)
  if (!isStoreError(error)) throw new Error('not reached')
  return error
}

/** Waits until `sql`, which answers one boolean, is true: what is waited for happens in another process. */
export async function until(client: Client, sql: string): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ yes: boolean }>({ text: `select (${sql}) as yes` })
    if (rows[0]?.yes === true) return
  }
}

/** Statements of our stores that the server runs now. */
export const RUNNING = `select count(*) from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`
