// Column defaults as each dialect's compiler writes them, hostile texts among them. That they read back as what they
// say is the suite's.
import { DatabaseSync } from 'node:sqlite'
import { columnDefaults, columnTypes, json } from '@upkeep/core'
import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from './support/outcome.ts'

const DIALECTS = {
  sqlite: [SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler],
  postgres: [PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler],
  mysql: [MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler],
} as const

function kysely(name: keyof typeof DIALECTS): Kysely<any> {
  const [Adapter, Introspector, Compiler] = DIALECTS[name]
  return new Kysely({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new Introspector(db),
      createQueryCompiler: () => new Compiler(),
    },
  })
}

/** A table with one column of each default, as SQL text. */
function createTable(db: Kysely<any>, document: unknown): string {
  const [types, defaults] = [columnTypes(db), columnDefaults(db)]
  const { sql, parameters } = db.schema
    .createTable('t')
    .addColumn('at', types.instant, (column) => column.defaultTo(defaults.now))
    .addColumn('yes', types.boolean, (column) => column.defaultTo(defaults.boolean(true)))
    .addColumn('no', types.boolean, (column) => column.defaultTo(defaults.boolean(false)))
    .addColumn('doc', types.json, (column) => column.defaultTo(defaults.json(document)))
    .compile()
  expect(parameters).toEqual([])
  return sql
}

describe('columnDefaults', () => {
  it('of SQLite', () => {
    expect(createTable(kysely('sqlite'), { a: "it's" })).toBe(
      `create table "t" ("at" timestamp text default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), ` +
        `"yes" boolean default 1, "no" boolean default 0, "doc" json text default '{"a":"it''s"}')`,
    )
  })

  it('of Postgres', () => {
    expect(createTable(kysely('postgres'), { a: "it's" })).toBe(
      `create table "t" ("at" timestamptz(3) default now(), "yes" boolean default true, "no" boolean default false, ` +
        `"doc" jsonb default '{"a":"it''s"}'::jsonb)`,
    )
  })

  it.each<[string, unknown]>([
    ['quotes', ["'", "''", "'); drop table t; --", '"', '\\']],
    ['control characters', ['\0', '\n', '\u2028', '\ud800']],
    ['what looks like a parameter', ['?', '$1', ':a', '@b']],
    ['a scalar', "it's"],
    ['null', null],
  ])('%s are a literal, and the same again', (_what, document) => {
    using db = new DatabaseSync(':memory:')
    db.exec(createTable(kysely('sqlite'), document))
    db.exec('insert into t default values')
    expect(JSON.parse(String(db.prepare('select doc from t').get()?.doc))).toEqual(document)
    const literal = createTable(kysely('postgres'), document).split(' default ').at(-1) ?? ''
    expect(literal).toBe(`'${JSON.stringify(document).replaceAll("'", "''")}'::jsonb)`)
  })

  it('a value that is marked as JSON is that value', () => {
    const db = kysely('sqlite')
    expect(createTable(db, json(['a']))).toBe(createTable(db, ['a']))
  })

  it('now is the text that a Date is bound as', () => {
    using db = new DatabaseSync(':memory:')
    db.exec(createTable(kysely('sqlite'), {}))
    db.exec('insert into t default values')
    const at = String(db.prepare('select at from t').get()?.at)
    expect(new Date(at).toISOString()).toBe(at)
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 5n],
  ])('%s is no JSON', async (_what, value) => {
    for (const name of ['sqlite', 'postgres'] as const) {
      expect(await codeOf(() => columnDefaults(kysely(name)).json(value))).toBe('INVALID_ARGUMENT')
    }
  })

  it('of no other engine', async () => {
    expect(await codeOf(() => columnDefaults(kysely('mysql')))).toBe('UNSUPPORTED')
  })
})
