// An iterator that the application left open on the driver's own handle: the driver then refuses to close it. That must
// cost this one handle and nothing else.
import { writeFileSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

/** The driver's own handle, as far as these tests need it. */
interface Handle {
  readonly open: boolean
  prepare(text: string): { iterate(): IterableIterator<unknown> }
  pragma(name: string, options: { readonly simple: true }): unknown
  close(): void
}

declare global {
  var upkeepHandles: Handle[] | undefined
}

/** A store, and every handle that it has open. */
async function openWithHandles() {
  const { path } = tempFolder()
  writeFileSync(path('setup.mjs'), 'export default (db) => void (globalThis.upkeepHandles ??= []).push(db)')
  globalThis.upkeepHandles = []
  const logger = quietLogger()
  const store = await openSqliteStore({
    path: path('app.db'),
    setupModule: path('setup.mjs'),
    logger,
  })
  await sql`create table t (a)`.execute(store.db)
  await sql`insert into t values (1), (2)`.execute(store.db)
  const handles = (): readonly Handle[] => globalThis.upkeepHandles?.filter(({ open }) => open) ?? []
  return { store, logger, handles }
}

function leaveOpen(handle: Handle): () => void {
  const rows = handle.prepare('select a from t').iterate()
  rows.next()
  return () => {
    rows.return?.()
    handle.close()
  }
}

it.each([
  ['the reader', 1],
  ['the writer', 0],
])('on %s: close() tells it after it has closed the others', async (_who, queryOnly) => {
  const { store, handles } = await openWithHandles()
  const stuck = handles().filter((handle) => handle.pragma('query_only', { simple: true }) === queryOnly)
  expect(handles().length).toBeGreaterThan(stuck.length)
  const [free] = stuck.map(leaveOpen)
  expect(await codeOf(() => store.close({ maintenanceOnClose: false }))).toBe('INVALID_ARGUMENT')
  expect(handles()).toEqual(stuck)
  expect(store.status).toBe('closed')
  free?.()
})

it('of withConnection: the next one has a connection as new, and close() closes all but the one', async () => {
  const { store, handles, logger } = await openWithHandles()
  let stuck: Handle | undefined
  let free: (() => void) | undefined
  await store.withConnection(async ({ db, raw }) => {
    await sql`pragma foreign_keys = off`.execute(db)
    stuck = raw as Handle
    free = leaveOpen(stuck)
  })
  expect(logger.messages.length).toBe(1)
  expect((await store.withConnection(({ db }) => sql`pragma foreign_keys`.execute(db))).rows).toEqual([
    { foreign_keys: 1 },
  ])
  await sql`insert into t values (3)`.execute(store.db)
  expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 3 }])
  await store.close({ maintenanceOnClose: false })
  expect(handles()).toEqual([stuck])
  free?.()
})

it('in memory, where there is one handle: close() tells it, and the store is closed', async () => {
  const store = await openSqliteStore({ path: ':memory:', logger: quietLogger() })
  await sql`create table t (a)`.execute(store.db)
  await sql`insert into t values (1), (2)`.execute(store.db)
  const free = await store.withConnection(async ({ raw }) => leaveOpen(raw as Handle))
  expect(await codeOf(() => store.close({ maintenanceOnClose: false }))).toBe('INVALID_ARGUMENT')
  expect(store.status).toBe('closed')
  free()
})
