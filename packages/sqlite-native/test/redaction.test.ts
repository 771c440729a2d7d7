// Everything that a process prints which has a password in its URL and secrets in its statements: stdout and stderr to
// their end, of stores that work, stores that do not open, and processes that die of an error.
import { expect, it } from 'vitest'
import { findPlanted, PLANTED_TEXT } from '../../../test/src/suite/planted.ts'
import { type Finished, runNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

const PASSWORD = PLANTED_TEXT.slice(0, 19)

/** The beginning of every program. `planted` has what is secret, and comes from outside: Node prints lines of programs. */
const PRELUDE = `
  import { createEngineStore, openStore, resolveStoreOptions } from '@upkeep/core'
  import { openSqliteStore, SqliteNativeDialect, sqliteNative } from '@upkeep/sqlite-native'
  import { Kysely, sql } from 'kysely'
  const { PLANTED_TEXT: planted, PLANTED_PASSWORD: password, FILE_PATH: path } = process.env
  const url = 'postgres://user:' + password + '@host/app'
  const failed = (work) => Promise.resolve().then(work).then(() => { throw new Error('it did not fail') }, (error) => {
    if (error?.name !== 'StoreError') { console.log('no StoreError'); process.exit(2) }
    return error
  })
`

async function run(program: string): Promise<Finished> {
  const { path } = tempFolder()
  return runNode(PRELUDE + program, {
    env: { PLANTED_TEXT, PLANTED_PASSWORD: PASSWORD, FILE_PATH: path('app.db') },
  })
}

it('the search sees what a program prints', async () => {
  const { stdout, stderr } = await run(`console.log({ planted }); console.error(Buffer.from(password))`)
  expect([findPlanted(stdout).length, findPlanted(stderr).length]).toEqual([1, 1])
})

it('a store that works says nothing at all, whatever is in it', async () => {
  const { code, stdout, stderr } = await run(`
    const store = await openSqliteStore({ path })
    await sql\`create table t (a text unique)\`.execute(store.db)
    await store.db.insertInto('t').values({ a: planted }).execute()
    for await (const row of store.db.selectFrom('t').selectAll().stream()) if (row.a !== planted) process.exit(3)
    await store.maintenance({ mode: 'full' })
    await store.health()
    await store.close()
  `)
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
})

it('a store that has much to say to the console says nothing of it', async () => {
  const { code, stdout, stderr } = await run(`
    const planning = () => { throw Object.assign(new Error(planted), { planted }) }
    const store = await openSqliteStore({ path, logger: console })
    await sql\`create table t (a text unique, b integer check (b > 0))\`.execute(store.db)
    await store.db.insertInto('t').values({ a: planted }).execute()
    for (const attempt of [
      () => store.db.insertInto('t').values({ a: planted }).execute(),
      () => sql\`select json_extract('{}', \${planted})\`.execute(store.db),
      () => sql\`select * from t where a = \${sql.lit(planted)} \${sql.lit(planted)}\`.execute(store.db),
      () => sql\`create virtual table f using fts5(x)\`.execute(store.db).then(
        () => sql\`select * from f where f match \${password + ': x'}\`.execute(store.db)),
      () => store.maintenance({ onBegin: planning }),
    ]) await failed(attempt)
    await store.maintenance({ mode: 'full', onProgress: planning, tasks: [{ name: 'plan', run: planning }] })
    await store.maintenance({ mode: 'light', onProgress: async () => planning() })
    store.attach({ stop: planning })
    void store.transaction(async (tx) => {
      await tx.insertInto('t').values({ a: planted + '!' }).execute()
      await new Promise(() => undefined)
    }).catch(() => undefined)
    await sql\`select 1\`.execute(store.db)
    await store.close({ drainMs: 0 })
  `)
  expect(code).toBe(0)
  expect(stderr).toContain('not closed cleanly')
  expect(stdout).toContain('store opened')
  expect(findPlanted([stdout, stderr])).toEqual([])
})

it('a store of a server, whose URL has the password, tells it nowhere', async () => {
  const { code, stdout, stderr } = await run(`
    const backend = { name: 'fake', schemes: ['postgres'], open: async (request) => {
      if (!request.url.path.includes(password)) process.exit(3)
      const engine = await sqliteNative().open({ ...request, url: { scheme: 'sqlite', path: ':memory:', options: new Map() } })
      return new Proxy(engine, { get: (target, name) => {
        if (name === 'location') return 'postgres://host/app'
        if (name === 'close') return async () => { throw new Error(url) }
        const value = target[name]
        return typeof value === 'function' ? value.bind(target) : value
      } })
    } }
    const store = await openStore(url, { backends: [backend], logger: console })
    console.log(store, store.location, await store.health(), store.stats(), await store.maintenance())
    console.log(await failed(() => sql\`select * from nowhere where a = \${planted}\`.execute(store.db)))
    await store.close().catch(() => undefined)
    const other = { ...backend, open: async () => { throw new Error(url) } }
    await openStore(url, { backends: [other], logger: console }).catch(() => undefined)
  `)
  expect({ code, stderr: stderr.slice(0, 500) }).toMatchObject({ code: 0 })
  expect(stdout).toContain('postgres://host/app')
  expect(findPlanted([stdout, stderr])).toEqual([])
})

it.each([
  ['a URL for which there is no backend', `openStore(url, { backends: [sqliteNative()] })`],
  ['no backends at all', `openStore(url, { backends: [] })`],
  ['the URL of a server as a path', `openSqliteStore({ path: url })`],
  [
    'the URL of a server as a dialect’s path',
    `new Kysely({ dialect: new SqliteNativeDialect({ path: url }) }).introspection.getTables()`,
  ],
  ['the URL of a server behind sqlite:', `openStore('sqlite:' + url, { backends: [sqliteNative()] })`],
  [
    'the URL of a server without its scheme',
    `openStore('//user:' + password + '@host/app', { backends: [sqliteNative()] })`,
  ],
  ['a host', `openStore('sqlite://user:' + password + '@host/app', { backends: [sqliteNative()] })`],
  ['an option that does not exist', `openStore('sqlite:a.db?password=' + password, { backends: [sqliteNative()] })`],
  ['a value that is not acceptable', `openStore('sqlite:a.db?durability=' + password, { backends: [sqliteNative()] })`],
  ['a number that is none', `openStore('sqlite:a.db?maxReaders=' + password, { backends: [sqliteNative()] })`],
  ['a password with a bare &', `openStore('sqlite:a.db?password=a&' + password, { backends: [sqliteNative()] })`],
  [
    'a password with a bare & before it and = after it',
    `openStore('sqlite:a.db?!' + password + '=', { backends: [sqliteNative()] })`,
  ],
  [
    'a password given twice',
    `openStore('sqlite:a.db?' + password + '=1&' + password + '=1', { backends: [sqliteNative()] })`,
  ],
  ['a name with a colon before it', `openStore('sqlite::' + password, { backends: [sqliteNative()] })`],
  ['a % that is not encoded', `openStore('sqlite:a.db?password=%' + password, { backends: [sqliteNative()] })`],
  ['a fragment', `openStore('sqlite:a.db#' + password, { backends: [sqliteNative()] })`],
  ['blanks at its ends', `openStore(' ' + url, { backends: [sqliteNative()] })`],
  ['a URL object', `openStore(new URL(url), { backends: [sqliteNative()] })`],
])('a process that dies of %s does not tell the password', async (_what, program) => {
  const { code, stdout, stderr } = await run(`await ${program}`)
  expect(code).toBe(1)
  expect(stderr).toContain('INVALID_ARGUMENT')
  expect(findPlanted([stdout, stderr])).toEqual([])
})

it.each([
  ['a row that exists', `sql\`insert into t values (\${planted})\``],
  ['a literal where none may be', `sql\`select 1 \${sql.lit('x')} \${sql.lit(planted)}\``],
  ['a JSON path', `sql\`select json_extract('{}', \${planted})\``],
  ['a search', `sql\`select * from f where f match \${password + ': x'}\``],
  ['a value that cannot be bound', `sql\`select \${[planted]}\``],
])('a process that dies of %s does not tell the value', async (_what, query) => {
  const { code, stdout, stderr } = await run(`
    const store = await openSqliteStore({ path })
    await sql\`create table t (a unique)\`.execute(store.db)
    await sql\`create virtual table f using fts5(x)\`.execute(store.db)
    await sql\`insert into t values (\${planted})\`.execute(store.db)
    await ${query}.execute(store.db)
  `)
  expect(code).toBe(1)
  expect(stderr).toContain('StoreError')
  expect(findPlanted([stdout, stderr])).toEqual([])
})
