// The application's own functions: a module that defines them on every connection, in this process and in the one that
// vacuums. A database that uses them in an index or a generated column must work, and must be maintainable.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from '../../core/test/support/outcome.ts'
import { tempFolder } from './support/temp-folder.ts'

const SETUP = `
  export default (db) => {
    db.function('slug', { deterministic: true }, (text) => String(text).toLowerCase().replaceAll(' ', '-'))
    db.function('counted', () => (globalThis.counted = (globalThis.counted ?? 0) + 1))
    db.aggregate('joined', { start: '', step: (all, one) => all + one })
  }`

function folderWith(setup: string): ReturnType<typeof tempFolder> {
  const temp = tempFolder()
  writeFileSync(temp.path('setup.mjs'), setup)
  return temp
}

async function openWithSlugs({ path }: ReturnType<typeof tempFolder>) {
  const store = await openSqliteStore({ path: path('app.db'), setupModule: path('setup.mjs') })
  await sql`create table page (title text, slug text generated always as (slug(title)) stored)`.execute(store.db)
  await sql`create index page_slug on page (slug(title))`.execute(store.db)
  await sql`insert into page (title) values ('Hello World'), ('A b C')`.execute(store.db)
  return store
}

describe('a function in an index and in a generated column', () => {
  it('is there on every connection: reader, writer, stream, transaction, leased one', async () => {
    const store = await openWithSlugs(folderWith(SETUP))
    const slugs = [{ slug: 'hello-world' }, { slug: 'a-b-c' }]
    const query = sql<{ slug: string }>`select slug from page where slug(title) is not null order by rowid`
    expect((await query.execute(store.db)).rows).toEqual(slugs)
    expect((await store.transaction((tx) => query.execute(tx))).rows).toEqual(slugs)
    expect((await store.transaction((tx) => query.execute(tx), { accessMode: 'read only' })).rows).toEqual(slugs)
    expect((await store.withConnection(({ db }) => query.execute(db))).rows).toEqual(slugs)
    const streamed: unknown[] = []
    for await (const row of store.db.selectFrom('page').select('slug').stream(1)) streamed.push(row)
    expect(streamed).toEqual(slugs)
    await store.close()
  })

  it('a full VACUUM, ANALYZE and the integrity check succeed, in this process or another', async () => {
    const store = await openWithSlugs(folderWith(SETUP))
    await sql`with recursive n(n) as (values (1) union all select n + 1 from n where n < 8000)
      insert into page (title) select 'Page ' || n || ' ' || hex(randomblob(150)) from n`.execute(store.db)
    await sql`delete from page where rowid % 2`.execute(store.db)
    const report = await store.maintenance({ mode: 'full', integrity: 'full', maxWriteWaitMs: false })
    expect(report.steps.filter(({ status }) => status !== 'done' && status !== 'skipped')).toEqual([])
    expect(report.steps.find(({ name }) => name === 'vacuum')?.status).toBe('done')
    expect(
      (await sql`select count(*) as n from page where slug(title) = 'hello-world'`.execute(store.db)).rows,
    ).toEqual([{ n: 0 }])
    await store.close()
  })

  it('survives the next open, and without the module the database says what is missing', async () => {
    const temp = folderWith(SETUP)
    await (await openWithSlugs(temp)).close()
    const again = await openSqliteStore({
      path: temp.path('app.db'),
      setupModule: pathToFileURL(temp.path('setup.mjs')),
    })
    expect((await sql`select slug from page where slug(title) = 'a-b-c'`.execute(again.db)).rows).toEqual([
      { slug: 'a-b-c' },
    ])
    await again.close()
    const bare = await openSqliteStore({ path: temp.path('app.db') })
    expect(await codeOf(() => sql`insert into page (title) values ('x')`.execute(bare.db))).toBe('SYNTAX')
    await bare.close()
  })
})

describe('what a function does is not known', () => {
  it('so a statement that calls one runs on the writer: it waits for a transaction, a plain read does not', async () => {
    const { path } = folderWith(SETUP)
    const store = await openSqliteStore({ path: path('app.db'), setupModule: path('setup.mjs') })
    await sql`create table t (a)`.execute(store.db)
    await store.transaction(async () => {
      expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 0 }])
      expect(await codeOf(() => sql`select counted() as n from t`.execute(store.db))).toBe('NESTED_USE')
      expect(await codeOf(() => sql`select "JOINED"(a) from t`.execute(store.db))).toBe('NESTED_USE')
    })
    await store.close()
  })

  it('what it throws is an error of the statement, and the next statement works', async () => {
    const { path } = folderWith(`export default (db) => db.function('fails', () => { throw new Error('hunter2') })`)
    const store = await openSqliteStore({ path: path('app.db'), setupModule: path('setup.mjs') })
    expect((await failureOf(() => sql`select fails()`.execute(store.db))).code).toBe('UNKNOWN')
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
    await store.close()
  })
})

describe('a module that does not do', () => {
  it.each([
    ['is not there', undefined],
    ['is no JavaScript', 'export default function ('],
    ['throws while it is imported', 'throw new Error("no")'],
    ['has no default export', 'export const setup = () => undefined'],
    ['exports no function', 'export default { slug: 5 }'],
    ['throws when it is called', 'export default () => { throw new Error("no") }'],
    ['defines something wrong', 'export default (db) => db.function(5)'],
  ])('%s: INVALID_ARGUMENT, and no database is made', async (_what, text) => {
    const temp = tempFolder()
    if (text !== undefined) writeFileSync(temp.path('setup.mjs'), text)
    const options = { path: temp.path('app.db'), setupModule: temp.path('setup.mjs') }
    expect(await codeOf(() => openSqliteStore(options))).toBe('INVALID_ARGUMENT')
    expect(temp.files()).toEqual(text === undefined ? [] : ['setup.mjs'])
  })

  it('so is an extension that is not there', async () => {
    const { path, files } = tempFolder()
    const options = { path: path('app.db'), extensions: [path('no.so')] }
    expect(await codeOf(() => openSqliteStore(options))).toBe('INVALID_ARGUMENT')
    expect(files()).toEqual([])
  })
})

it('one that returns a promise is refused: its work would be done too late for the first statement', async () => {
  const { path } = folderWith('export default async () => undefined')
  const options = { path: path('app.db'), setupModule: path('setup.mjs') }
  expect(await codeOf(() => openSqliteStore(options))).toBe('INVALID_ARGUMENT')
})
