// Migrations where only native SQLite's own options make a difference. All else is the suite's.
import { createEngineStore, openStore, resolveStoreOptions, systemClock } from '@upkeep/core'
import { openSqliteEngine, resolveSqliteOptions, type SqlitePort } from '@upkeep/core/sqlite'
import { openSqliteStore, sqliteNative } from '@upkeep/sqlite-native'
import { type Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { loadBetterSqlite3 } from '../dist/better-sqlite3-port.js'
import { tempFolder } from './support/temp-folder.ts'

const orphans = async (db: Kysely<any>): Promise<void> => {
  await sql`create table parent (id integer primary key)`.execute(db)
  await sql`create table child (id integer primary key, parent_id integer references parent)`.execute(db)
  await sql`insert into child values (1, 99)`.execute(db)
}
const provider = { getMigrations: async () => ({ orphans: { up: orphans } }) }

describe('foreign keys', () => {
  it('of a store that does not enforce them are not checked', async () => {
    const { path } = tempFolder()
    await using store = await openSqliteStore({ path: path('app.db'), foreignKeys: false })
    expect((await store.migrate(provider)).applied).toEqual(['orphans'])
  })

  it('of any other are', async () => {
    const { path } = tempFolder()
    await using store = await openSqliteStore({ path: path('app.db') })
    expect(await codeOf(() => store.migrate(provider))).toBe('CONSTRAINT')
    expect((await store.db.introspection.getTables()).length).toBe(0)
  })
})

describe('a connection that cannot be opened anew after a migration', () => {
  it('stays, and enforces foreign keys again', async () => {
    const { path } = tempFolder()
    const native = await loadBetterSqlite3({ extensions: [], setupModule: undefined })
    let isFailing = false
    const port: SqlitePort = {
      open: (file, options) => {
        if (isFailing) throw Object.assign(new Error('no more files'), { code: 'SQLITE_CANTOPEN' })
        return native.open(file, options)
      },
      resultCode: (error) => native.resultCode(error),
    }
    const warnings: string[] = []
    const log = { warn: (message: string) => void warnings.push(message), error: () => undefined }
    const engine = await openSqliteEngine({
      name: 'test',
      port,
      path: path('app.db'),
      options: resolveSqliteOptions({}, [], 'test'),
      clock: systemClock,
      log,
    })
    await using store = createEngineStore<any>(engine, resolveStoreOptions({ logger: log }))
    const up = async (db: Kysely<any>): Promise<void> => {
      await sql`create table parent (id integer primary key)`.execute(db)
      await sql`create table child (id integer primary key, parent_id integer references parent)`.execute(db)
      isFailing = true
    }
    await store.migrate({ getMigrations: async () => ({ up: { up } }) })
    isFailing = false
    expect(warnings).toHaveLength(1)
    expect(await codeOf(() => sql`insert into child values (1, 99)`.execute(store.db))).toBe('CONSTRAINT')
  })
})

describe('opening', () => {
  it('takes migrations and onOpen beside its own options, by path and by URL', async () => {
    const { path } = tempFolder()
    const statuses: string[] = []
    const options = {
      migrations: { provider, foreignKeys: 'enforce' as const },
      onOpen: ({ status }: { readonly status: string }) => void statuses.push(status),
    }
    await using byPath = await openSqliteStore({ path: path('a.db'), foreignKeys: false, ...options })
    await using byUrl = await openStore(`sqlite:${path('b.db')}?foreignKeys=false`, {
      backends: [sqliteNative()],
      ...options,
    })
    for (const store of [byPath, byUrl]) {
      expect(await store.db.selectFrom('child').selectAll().execute()).toEqual([{ id: 1, parent_id: 99 }])
    }
    expect(statuses).toEqual(['open', 'open'])
  })

  it('a failure leaves no handle: the log went with the last of them', async () => {
    const { path, files } = tempFolder()
    const migrations = { provider: { getMigrations: () => Promise.reject(new Error('planted')) } }
    expect(await codeOf(() => openSqliteStore({ path: path('app.db'), migrations }))).toBe('UNKNOWN')
    expect(files()).toEqual(['app.db', 'app.db-migration'])
  })
})
