// Where a database can be opened: what is wrong with a path is said before SQLite is asked, with a code, and nothing is
// left on disk. Permissions have a file of their own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { openStore } from '@upkeep/core'
import { openSqliteStore, SqliteNativeDialect, sqliteNative } from '@upkeep/sqlite-native'
import { Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from '../../core/test/support/outcome.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('refused, and nothing is made', () => {
  it.each<[string, (folder: ReturnType<typeof tempFolder>) => object]>([
    [
      'a missing directory with createDirectory: false',
      ({ path }) => ({ path: path('no', 'app.db'), createDirectory: false }),
    ],
    ['a directory', ({ folder }) => ({ path: folder })],
    ['a file as directory', ({ path }) => ({ path: path('a file', 'app.db') })],
    ['a file as directory, further up', ({ path }) => ({ path: path('a file', 'and', 'more', 'app.db') })],
    ['a missing file with readOnly', ({ path }) => ({ path: path('no.db'), readOnly: true })],
    ['a missing directory with readOnly', ({ path }) => ({ path: path('no', 'no.db'), readOnly: true })],
    ['a pipe', ({ path }) => ({ path: path('pipe') })],
    ['a device', () => ({ path: '/dev/null' })],
    ['a link to nothing', ({ path }) => ({ path: path('dangling.db') })],
    ['a name that is too long', ({ path }) => ({ path: path('n'.repeat(300)) })],
    ['blanks before', ({ path }) => ({ path: ` ${path('app.db')}` })],
    ['blanks after', ({ path }) => ({ path: `${path('app.db')} ` })],
    ['a line end after', ({ path }) => ({ path: `${path('app.db')}\n` })],
    ['a NUL', ({ path }) => ({ path: `${path('app.db')}\0.txt` })],
    ['a file: URI', ({ path }) => ({ path: `file:${path('app.db')}` })],
    ['a file: URL with options', ({ path }) => ({ path: `file://${path('app.db')}?mode=memory` })],
    ['a misspelt :memory:', () => ({ path: ':memroy:' })],
    ['a half :memory:', () => ({ path: ':memory' })],
    ['a capital :MEMORY:', () => ({ path: ':MEMORY:' })],
    [':memory: with readOnly', () => ({ path: ':memory:', readOnly: true })],
    ['an empty path', () => ({ path: '' })],
    ['no path', () => ({})],
    ['a path that is none', () => ({ path: 5 })],
    ['null', () => ({ path: null })],
    ['a URL object', ({ path }) => ({ path: new URL(`file://${path('app.db')}`) })],
  ])('%s', async (_what, options) => {
    const temp = tempFolder()
    writeFileSync(temp.path('a file'), 'x')
    execFileSync('mkfifo', [temp.path('pipe')])
    symlinkSync(temp.path('nowhere.db'), temp.path('dangling.db'))
    const here = readdirSync('.')
    const error = await failureOf(() => openSqliteStore(options(temp) as never))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', operation: 'open' })
    expect(temp.files()).toEqual(['a file', 'dangling.db', 'pipe'])
    expect(readdirSync('.')).toEqual(here)
  })

  it('by URL and by the dialect as by options', async () => {
    const { path, files } = tempFolder()
    const url = `sqlite:${path('no', 'app.db')}?createDirectory=false`
    expect(await codeOf(() => openStore(url, { backends: [sqliteNative()] }))).toBe('INVALID_ARGUMENT')
    const dialect = new SqliteNativeDialect({ path: path('no', 'app.db'), createDirectory: false })
    const db = new Kysely<any>({ dialect })
    expect(await codeOf(() => sql`select 1`.execute(db))).toBe('INVALID_ARGUMENT')
    // What was wrong is mended, and the next use opens it.
    mkdirSync(path('no'))
    await sql`select 1`.execute(db)
    await db.destroy()
    expect(files()).toEqual(['no'])
  })
})

describe('taken', () => {
  it.each<[string, (folder: ReturnType<typeof tempFolder>) => string]>([
    ['an absolute path', ({ path }) => path('app.db')],
    ['a relative path', ({ path }) => relative('.', path('app.db'))],
    ['a path with dots', ({ path }) => `${path('x')}/../app.db`],
    ['missing directories', ({ path }) => path('a', 'b', 'app.db')],
    ['blanks in the middle', ({ path }) => path('my folder', 'my app.db')],
    ['blanks at the end of a directory', ({ path }) => path('folder ', 'app.db')],
    ['what URIs and SQL take for special', ({ path }) => path(`%20?a=b&c#d;'"--.db`)],
    ['another script', ({ path }) => path('größe 数据库 🗄️.db')],
    ['no extension', ({ path }) => path('app')],
    ['a name that begins like :memory:', ({ path }) => path(':memory:')],
  ])('%s', async (_what, choose) => {
    const name = choose(tempFolder())
    const store = await openSqliteStore({ path: name })
    await sql`create table t (a)`.execute(store.db)
    expect(statSync(store.location).isFile()).toBe(true)
    expect(store.location).toBe(resolve(name))
    await store.close()
  })

  it('an empty file, which keeps its permissions', async () => {
    const { path, mode } = tempFolder()
    writeFileSync(path('app.db'), '', { mode: 0o640 })
    const store = await openSqliteStore({ path: path('app.db') })
    await sql`create table t (a)`.execute(store.db)
    await store.close()
    expect(mode('app.db')).toBe('0640')
  })

  it('a link to a database: the same locks and the same log as under its own name', async () => {
    const { path, files } = tempFolder()
    const first = await openSqliteStore({ path: path('app.db') })
    symlinkSync(path('app.db'), path('link.db'))
    const second = await openSqliteStore({ path: path('link.db') })
    await sql`create table t (a)`.execute(first.db)
    await sql`insert into t values (1)`.execute(second.db)
    expect((await sql`select a from t`.execute(first.db)).rows).toEqual([{ a: 1 }])
    expect(files()).not.toContain('link.db-wal')
    await second.close()
    await first.close()
  })

  it(':memory: makes nothing on disk, and the next one is another', async () => {
    const here = readdirSync('.')
    const [one, two] = await Promise.all([openSqliteStore({ path: ':memory:' }), openSqliteStore({ path: ':memory:' })])
    await sql`create table t (a)`.execute(one.db)
    expect(await codeOf(() => sql`select * from t`.execute(two.db))).toBe('SYNTAX')
    expect(one.location).toBe(':memory:')
    await Promise.all([one.close(), two.close()])
    expect(readdirSync('.')).toEqual(here)
  })
})
