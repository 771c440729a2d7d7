// The options of the native backend, wherever they are given: in code, in the URL, to the dialect. A name that is none
// is refused, code wins over the URL, and what is refused makes no file.
import { writeFileSync } from 'node:fs'
import { openStore } from '@upkeep/core'
import { openSqliteStore, SqliteNativeDialect, sqliteNative } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('a name that is no option', () => {
  it.each<[string, (path: string) => unknown]>([
    ['openSqliteStore', (path) => openSqliteStore({ path, readonly: true } as never)],
    ['openSqliteStore, in the wrong case', (path) => openSqliteStore({ path, busyTimeoutMS: 5 } as never)],
    ['openSqliteStore, an option of openStore', (path) => openSqliteStore({ path, backends: [] } as never)],
    ['openSqliteStore, a path alone', (path) => openSqliteStore(path as never)],
    ['openSqliteStore, nothing', () => openSqliteStore(undefined as never)],
    ['openSqliteStore, of close', (path) => openSqliteStore({ path, close: { drain: 5 } as never })],
    ['sqliteNative', () => sqliteNative({ path: 'x.db' } as never)],
    ['sqliteNative, an option of the store', () => sqliteNative({ plugins: [] } as never)],
    ['SqliteNativeDialect', (path) => new SqliteNativeDialect({ path, wal: true } as never)],
    ['SqliteNativeDialect, an option of the store', (path) => new SqliteNativeDialect({ path, plugins: [] } as never)],
    ['a URL', (path) => openStore(`sqlite:${path}?readonly=true`, { backends: [sqliteNative()] })],
    ['a URL, SQLite’s own', (path) => openStore(`sqlite:${path}?mode=ro`, { backends: [sqliteNative()] })],
    ['a URL, a member of Object', (path) => openStore(`sqlite:${path}?__proto__=1`, { backends: [sqliteNative()] })],
  ])('%s', async (_where, open) => {
    const { path, files } = tempFolder()
    expect(await codeOf(async () => open(path('app.db')))).toBe('INVALID_ARGUMENT')
    expect(files()).toEqual([])
  })

  it.each<[string, object]>([
    ['createDirectory', { createDirectory: 'yes' }],
    ['extensions', { extensions: 'x.so' }],
    ['extensions', { extensions: [''] }],
    ['extensions', { extensions: [5] }],
    ['setupModule', { setupModule: 5 }],
    ['interrupt', { interrupt: 'no' }],
    ['inlineBudgetMs', { inlineBudgetMs: 0 }],
    ['inlineBudgetMs', { inlineBudgetMs: 1.5 }],
    ['inlineBudgetMs', { inlineBudgetMs: true }],
    ['onReplaced', { onReplaced: 'ignore' }],
    ['networkFileSystem', { networkFileSystem: 'wal' }],
    ['readOnly', { readOnly: 'true' }],
    ['durability', { durability: 'none' }],
  ])('%s must be what it is', async (_name, option) => {
    const { path, files } = tempFolder()
    expect(await codeOf(() => openSqliteStore({ path: path('app.db'), ...option }))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(() => sqliteNative(option))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(() => new SqliteNativeDialect({ path: path('app.db'), ...option }))).toBe('INVALID_ARGUMENT')
    expect(files()).toEqual([])
  })

  it('in every context of an open store', async () => {
    const store = await openSqliteStore({ path: ':memory:' })
    const unknown = { timeout: 5 } as never
    const work = async (): Promise<number> => 1
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['transaction', () => store.transaction(work, unknown)],
      ['transaction retry', () => store.transaction(work, { retry: { attempts: 2, times: 3 } as never })],
      ['withConnection', () => store.withConnection(work, unknown)],
      ['maintenance', () => store.maintenance(unknown)],
      ['health', () => store.health(unknown)],
      ['close', () => store.close(unknown)],
    ]
    const codes: Record<string, string> = {}
    for (const [name, call] of calls) codes[name] = await codeOf(call)
    expect(codes).toEqual(Object.fromEntries(calls.map(([name]) => [name, 'INVALID_ARGUMENT'])))
    // A refused close is none: the store is as open as before.
    expect([store.status, await store.transaction(work)]).toEqual(['open', 1])
    await store.close()
  })
})

const pragma = async (url: string, options: object, name: string): Promise<unknown> => {
  const store = await openStore(url, { backends: [sqliteNative(options)] })
  try {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.raw(`pragma_${name}`)}`.execute(store.db)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await store.close({ maintenanceOnClose: false })
  }
}

describe('options in the URL', () => {
  it('are taken, in the type of the option', async () => {
    const { path } = tempFolder()
    expect(await pragma(`sqlite:${path('a.db')}?cacheSizeBytes=1048576`, {}, 'cache_size')).toBe(-1024)
    expect(await pragma(`sqlite:${path('a.db')}?memoryBudgetBytes=8388608`, {}, 'cache_size')).toBe(-2048)
    expect(await pragma(`sqlite:${path('a.db')}?foreignKeys=false`, {}, 'foreign_keys')).toBe(0)
    expect(await pragma(`sqlite:${path('a.db')}?durability=normal`, {}, 'synchronous')).toBe(1)
  })

  it('lose against those in code, and win against the defaults', async () => {
    const { path } = tempFolder()
    const url = `sqlite:${path('a.db')}?cacheSizeBytes=1048576&foreignKeys=false`
    expect(await pragma(url, { cacheSizeBytes: 2 * 1024 * 1024 }, 'cache_size')).toBe(-2048)
    expect(await pragma(url, { foreignKeys: true }, 'foreign_keys')).toBe(1)
    expect(await pragma(url, { cacheSizeBytes: 2 * 1024 * 1024 }, 'foreign_keys')).toBe(0)
  })

  it('take a number or false where the option does', async () => {
    const { path } = tempFolder()
    for (const budget of ['50', 'false']) {
      const url = `sqlite:${path('a.db')}?interrupt=false&inlineBudgetMs=${budget}`
      await (await openStore(url, { backends: [sqliteNative()] })).close()
    }
  })

  it('stay when the one in code is undefined: that is not given', async () => {
    const { path } = tempFolder()
    await (await openSqliteStore({ path: path('a.db') })).close()
    const url = `sqlite:${path('a.db')}?readOnly=true`
    const store = await openStore(url, { backends: [sqliteNative({ readOnly: undefined })] })
    expect(store.capabilities.writable).toBe(false)
    await store.close()
  })

  it.each([
    'readOnly=yes',
    'readOnly=1',
    'busyTimeoutMs=5s',
    'busyTimeoutMs=-1',
    'busyTimeoutMs=',
    'durability=FULL',
    'maxReaders=0',
    'createDirectory=no',
    'interrupt=no',
    'inlineBudgetMs=0',
    'inlineBudgetMs=never',
    'extensions=/usr/lib/x.so',
  ])('%s is refused', async (option) => {
    const { path, files } = tempFolder()
    const error = await failureOf(() => openStore(`sqlite:${path('a.db')}?${option}`, { backends: [sqliteNative()] }))
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(files()).toEqual([])
  })

  it('cannot make the process load code: that is for code to say', async () => {
    const { path, files } = tempFolder()
    writeFileSync(path('setup.mjs'), 'globalThis.loadedByUrl = true; export default () => undefined')
    const url = `sqlite:${path('a.db')}?setupModule=${path('setup.mjs')}`
    expect(await codeOf(() => openStore(url, { backends: [sqliteNative()] }))).toBe('INVALID_ARGUMENT')
    expect('loadedByUrl' in globalThis).toBe(false)
    expect(files()).toEqual(['setup.mjs'])
  })
})

describe('readOnly', () => {
  it('reads, refuses to write, and changes nothing', async () => {
    const { path } = tempFolder()
    const first = await openSqliteStore({ path: path('a.db') })
    await sql`create table t (a)`.execute(first.db)
    await sql`insert into t values (1)`.execute(first.db)
    await first.close()
    const store = await openSqliteStore({ path: path('a.db'), readOnly: true })
    expect(store.capabilities.writable).toBe(false)
    expect((await sql`select a from t`.execute(store.db)).rows).toEqual([{ a: 1 }])
    const writes = [
      () => sql`insert into t values (2)`.execute(store.db),
      () => sql`create table u (a)`.execute(store.db),
      () => store.transaction((tx) => sql`delete from t`.execute(tx)),
      () => store.withConnection(({ db }) => sql`delete from t`.execute(db)),
      () => store.maintenance(),
    ]
    for (const write of writes) expect(await codeOf(write)).toBe('READONLY')
    expect((await sql`select a from t`.execute(store.db)).rows).toEqual([{ a: 1 }])
    expect(await store.close()).toMatchObject({ maintenance: undefined, abandoned: 0 })
  })

  it('sees what another store writes meanwhile', async () => {
    const { path } = tempFolder()
    const writer = await openSqliteStore({ path: path('a.db') })
    await sql`create table t (a)`.execute(writer.db)
    const logger = quietLogger()
    const reader = await openSqliteStore({ path: path('a.db'), readOnly: true, logger })
    await sql`insert into t values (7)`.execute(writer.db)
    expect((await sql`select a from t`.execute(reader.db)).rows).toEqual([{ a: 7 }])
    // The log that is left is the writer's: it is none of the reader's to empty, and nothing to warn of.
    expect(await reader.close()).toMatchObject({ clean: true, abandoned: 0 })
    expect(logger.messages).toEqual([])
    await writer.close()
  })
})
