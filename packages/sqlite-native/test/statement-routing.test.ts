// Which connection a statement ends up on, and that none changes the one that everybody shares. The classes alone are a
// table in core.
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { tempFolder } from './support/temp-folder.ts'

async function open(busyTimeoutMs = 5000) {
  const store = await openSqliteStore({ path: tempFolder().path('app.db'), busyTimeoutMs })
  await sql`create table t (a)`.execute(store.db)
  return store
}

const run = (text: string, db: Parameters<ReturnType<typeof sql>['execute']>[0]) =>
  sql.raw<Record<string, unknown>>(text).execute(db)

describe('a PRAGMA that would change the shared connection', () => {
  it.each([
    'pragma foreign_keys = off',
    'pragma "foreign_keys" = 0',
    "pragma 'foreign_keys' = 0",
    'pragma [foreign_keys]=0',
    'pragma `main`.foreign_keys = 0',
    'pragma"main"."foreign_keys"=0',
    'pragma/**/foreign_keys/**/=/**/0',
    'pragma -- x\nforeign_keys(0)',
    ';;pragma foreign_keys=0',
    'explain pragma foreign_keys = 0',
    'explain/**/query/**/plan/**/pragma foreign_keys = 0',
    'PRAGMA main.foreign_keys = no;',
  ])('%s', async (text) => {
    const store = await open()
    expect(await codeOf(() => run(text, store.db))).toBe('INVALID_ARGUMENT')
    expect((await run('pragma foreign_keys', store.db)).rows).toEqual([{ foreign_keys: 1 }])
    await store.close()
  })

  it.each([
    'query_only = 1',
    'synchronous = off',
    'journal_mode = delete',
    'locking_mode = exclusive',
    'busy_timeout = 99',
  ])('%s is undone when a connection of ones own is given back', async (text) => {
    // SQLite refuses another journal mode while a reader is there, and would be asked again for five seconds.
    const store = await open(0)
    const name = text.split(' ')[0] ?? ''
    const read = async () => (await run(`pragma ${name}`, store.db)).rows
    const before = await read()
    await store.withConnection(({ db }) => run(`pragma ${text}`, db)).catch(() => undefined)
    expect(await read()).toEqual(before)
    await run('insert into t values (1)', store.db)
    await store.close()
  })
})

describe('functions that answer for their connection', () => {
  it.each(['changes()', 'CHANGES ()', '"changes"()', '[changes]()', 'changes/* */()'])('select %s', async (call) => {
    const store = await open()
    await run('insert into t values (1), (2), (3)', store.db)
    expect((await run(`select ${call} as n`, store.db)).rows).toEqual([{ n: 3 }])
    await store.close()
  })

  it('last_insert_rowid and total_changes, through a CTE as well', async () => {
    const store = await open()
    await run('insert into t values (1), (2), (3)', store.db)
    expect((await run('with x(id) as (select last_insert_rowid()) select id from x', store.db)).rows).toEqual([
      { id: 3 },
    ])
    expect((await run('select total_changes() as n', store.db)).rows).toEqual([{ n: 3 }])
    await store.close()
  })
})

describe('what only looks like a read', () => {
  it('a WITH that writes', async () => {
    const store = await open()
    await run('with x(n) as (values (1), (2)) insert into t select n from x', store.db)
    expect(
      (await run('with x(n) as (values (1)) delete from t where a in (select n from x) returning a', store.db)).rows,
    ).toEqual([{ a: 1 }])
    expect((await run('select a from t', store.db)).rows).toEqual([{ a: 2 }])
    await store.close()
  })

  it('more than one statement in a text is refused, and none of them runs', async () => {
    const store = await open()
    for (const text of ['select 1; pragma foreign_keys = 0', 'select 1; insert into t values (1)', 'select 1; begin']) {
      expect(await codeOf(() => run(text, store.db))).toBe('INVALID_ARGUMENT')
    }
    expect((await run('select count(*) as n from t', store.db)).rows).toEqual([{ n: 0 }])
    expect((await run('pragma foreign_keys', store.db)).rows).toEqual([{ foreign_keys: 1 }])
    await store.close()
  })
})

describe('TEMP objects', () => {
  it('a column or a table called temp is none: reads stay beside a transaction', async () => {
    const store = await open()
    await run('create table weather (temp real, "temporary" text)', store.db)
    await run('create table temp (a)', store.db)
    await run('create view hot as select temp.temp from weather as temp where temp.temp > 30', store.db)
    await run('alter table t add column temp', store.db)
    await store.transaction(async () => {
      expect((await run('select count(*) as n from weather', store.db)).rows).toEqual([{ n: 0 }])
    })
    await store.close()
  })

  it('a TEMP table is seen by every statement, also where it hides another', async () => {
    const store = await open()
    await run('insert into t values (1)', store.db)
    expect((await run('select a from t', store.db)).rows).toEqual([{ a: 1 }])
    await run('create temp table t (a)', store.db)
    expect((await run('select a from t', store.db)).rows).toEqual([])
    expect((await run('select a from main.t', store.db)).rows).toEqual([{ a: 1 }])
    await store.close()
  })

  it('a TEMP table made on a leased connection is gone with it', async () => {
    const store = await open()
    await run('insert into t values (1)', store.db)
    await store.withConnection(({ db }) => run('create temp table t (a)', db))
    expect((await run('select a from t', store.db)).rows).toEqual([{ a: 1 }])
    await store.transaction(async () => {
      expect((await run('select a from t', store.db)).rows).toEqual([{ a: 1 }])
    })
    await store.close()
  })
})
