// A store that is only read: the database is the same to the last byte afterwards, its log too. The bytes are compared by
// another process, since opening the file in this one would drop SQLite's locks.
import { symlinkSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { answerOfNode, startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

/** SHA-256 of each, `null` for what is not there. */
const digests = (...paths: readonly string[]): Promise<readonly (string | null)[]> =>
  answerOfNode(`
    import { createHash } from 'node:crypto'
    import { existsSync, readFileSync } from 'node:fs'
    const digest = (path) => existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null
    console.log(JSON.stringify(${JSON.stringify(paths)}.map(digest)))`)

/** A database whose last process was killed: its log has commits that the file has not. */
async function createWithLog(path: string): Promise<void> {
  const app = startNode(`
    import { openSqliteStore } from '@upkeep/sqlite-native'
    import { sql } from 'kysely'
    const store = await openSqliteStore({ path: ${JSON.stringify(path)} })
    await sql\`create table t (a)\`.execute(store.db)
    await sql\`insert into t values (1)\`.execute(store.db)
    console.log('ready')
    setInterval(() => {}, 1000)`)
  expect(await app.line()).toBe('ready')
  app.child.kill('SIGKILL')
  await app.finished
}

async function createClosed(path: string): Promise<void> {
  const store = await openSqliteStore({ path })
  await sql`create table t (a)`.execute(store.db)
  await sql`insert into t values (1)`.execute(store.db)
  await store.close()
}

describe.each([
  ['that was closed', createClosed],
  ['whose log was left by a killed process', createWithLog],
])('a database %s', (_how, create) => {
  it('is not changed by whatever a read-only store does, its end included', async () => {
    const { path } = tempFolder()
    await create(path('app.db'))
    const before = await digests(path('app.db'), path('app.db-wal'))
    const store = await openSqliteStore<any>({ path: path('app.db'), readOnly: true })
    expect((await store.db.selectFrom('t').selectAll().execute()).length).toBe(1)
    for await (const row of store.db.selectFrom('t').selectAll().stream()) expect(row).toEqual({ a: 1 })
    expect(await codeOf(() => sql`insert into t values (2)`.execute(store.db))).toBe('READONLY')
    expect(await codeOf(() => store.maintenance())).toBe('READONLY')
    expect(await codeOf(() => store.migrate({ getMigrations: async () => ({}) }))).toBe('READONLY')
    await store.health()
    await store.close()
    const [database, log] = await digests(path('app.db'), path('app.db-wal'))
    expect(database).toBe(before[0])
    // An empty log is made where there was none; one with commits keeps them.
    if (before[1] !== null) expect(log).toBe(before[1])
    const writer = await openSqliteStore<any>({ path: path('app.db') })
    expect((await writer.db.selectFrom('t').selectAll().execute()).length).toBe(1)
    await writer.close()
  })
})

it('leaves what SQLite has made to read it: an empty log, and its index', async () => {
  const { path, files } = tempFolder()
  await createClosed(path('app.db'))
  const before = files()
  const store = await openSqliteStore<any>({ path: path('app.db'), readOnly: true })
  await store.db.selectFrom('t').selectAll().execute()
  await store.close()
  expect(files().filter((name) => !before.includes(name))).toEqual(['app.db-shm', 'app.db-wal'])
})

it('migrations that are given to a read-only store are refused, and so is a file that is not there', async () => {
  const { path, files } = tempFolder()
  expect(await codeOf(() => openSqliteStore({ path: path('no.db'), readOnly: true }))).toBe('INVALID_ARGUMENT')
  expect(files()).toEqual([])
  await createClosed(path('app.db'))
  const migrations = { provider: { getMigrations: async () => ({}) } }
  expect(await codeOf(() => openSqliteStore({ path: path('app.db'), readOnly: true, migrations }))).toBe('READONLY')
})

it.runIf(process.platform !== 'win32')(
  'a link is followed once: the location is where it leads, and so is the log',
  async () => {
    const { path, files } = tempFolder()
    await createClosed(path('app.db'))
    symlinkSync(path('app.db'), path('link.db'))
    const store = await openSqliteStore<any>({ path: path('link.db') })
    expect(store.location).toBe(path('app.db'))
    await sql`insert into t values (2)`.execute(store.db)
    expect(store.stats().engine.walSizeBytes).toBeGreaterThan(0)
    expect(files().some((name) => name.startsWith('link.db-'))).toBe(false)
    await store.close()
  },
)
