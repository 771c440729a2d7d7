// A store whose migrations wait at a gate, as one on OPFS: real migrations, real Web Locks, a database in memory.
import { createEngineStore, resolveStoreOptions, type Store, systemClock } from '@upkeep/core'
import { sql } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { afterEach, expect, it } from 'vitest'
import { createGate } from '../../../test/src/suite/gate.ts'
import { codeOf } from '../../core/test/support/outcome.ts'
import { openWasmEngine } from '../dist/open-wasm-engine.js'
import { VersionGate } from '../dist/version-gate.js'
import { withVersionGate } from '../dist/versioned-engine.js'
import { resolveWasmOptions } from '../dist/wasm-options.js'

const { locks } = navigator as unknown as { readonly locks: any }
const silent = { warn: () => undefined, error: () => undefined }
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** The database `name` in another tab. */
async function openTab(name: string, onVersionChange: () => void): Promise<VersionGate> {
  const options = { name, timeoutMs: 5000, clock: systemClock, log: silent, onVersionChange }
  const gate = await VersionGate.enter(locks, options)
  closing.push(() => gate.leave())
  return gate
}

async function openStore(name: string, onVersionChange: () => void = () => undefined): Promise<Store<any>> {
  const runtime = { clock: systemClock, log: silent }
  const engine = await openWasmEngine({ opfsName: undefined }, resolveWasmOptions({}, 'open'), runtime)
  const gate = await openTab(name, onVersionChange)
  const store = createEngineStore<any>(withVersionGate(engine, gate), resolveStoreOptions({ logger: silent }))
  closing.push(() => store.close())
  return store
}

function provider(...names: string[]): MigrationProvider {
  const up = (name: string) => (db: any) =>
    sql`create table ${sql.table(name)} (id integer)`.execute(db).then(() => undefined)
  return { getMigrations: async () => Object.fromEntries(names.map((name) => [name, { up: up(name) }])) }
}

const tablesOf = async (store: Store<any>): Promise<unknown[]> =>
  (await sql`select name from sqlite_schema where name in ('one', 'two')`.execute(store.db)).rows

it('what is pending waits for a tab that has the database open, and is run when that has closed it', async () => {
  const name = `store-${crypto.randomUUID()}`
  const isAsked = createGate()
  const store = await openStore(name, () => isAsked.open())
  const asked = createGate()
  const old = await openTab(name, () => asked.open())
  const migrating = store.migrate(provider('one', 'two'))
  await asked.opened
  expect(await tablesOf(store)).toEqual([])
  old.leave()
  expect((await migrating).applied).toEqual(['one', 'two'])
  // It is asked in its turn, now that it is the older one.
  const next = await openTab(name, () => undefined)
  const alone = next.alone(undefined)
  await isAsked.opened
  await store.close()
  await alone
})

it('where nothing is pending nobody is asked to go', async () => {
  const name = `store-${crypto.randomUUID()}`
  const store = await openStore(name)
  await store.migrate(provider('one'))
  let isAsked = false
  await openTab(name, () => {
    isAsked = true
  })
  expect((await store.migrate(provider('one'))).applied).toEqual([])
  expect(isAsked).toBe(false)
})

it('an abort ends the waiting, and nothing is run; the next one is not in its own way', async () => {
  const name = `store-${crypto.randomUUID()}`
  const store = await openStore(name)
  const controller = new AbortController()
  const old = await openTab(name, () => controller.abort())
  expect(await codeOf(() => store.migrate(provider('one'), { signal: controller.signal }))).toBe('ABORTED')
  expect(await tablesOf(store)).toEqual([])
  old.leave()
  expect((await store.migrate(provider('one'))).applied).toEqual(['one'])
})
