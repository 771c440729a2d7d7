// Our SQLite compiler against Kysely's: the same SQL and the same parameters, for statements of every sort. It runs none.
import {
  DummyDriver,
  type Kysely,
  Kysely as KyselyClass,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/sqlite'
import { describe, expect, it } from 'vitest'
import { UpkeepSqliteCompiler } from '../../dist/sqlite/sqlite-compiler.js'

const kyselyWith = (compiler: SqliteQueryCompiler): Kysely<any> =>
  new KyselyClass<any>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => compiler,
    },
  })

type Compilable = { compile(): { readonly sql: string; readonly parameters: readonly unknown[] } }

const STATEMENTS: Readonly<Record<string, (db: Kysely<any>) => Compilable>> = {
  'select by key': (db) => db.selectFrom('t').select(['id', 't.name']).where('id', '=', 1),
  'select all': (db) => db.selectFrom('t').selectAll(),
  'select all of a table': (db) => db.selectFrom('t as x').selectAll('x').where('x.a', 'in', [1, 2, 3]),
  aliases: (db) =>
    db
      .selectFrom('t as x')
      .select(['x.a as b', (eb) => eb.fn.countAll().as('n')])
      .groupBy('x.a'),
  'names with quotes': (db) => db.selectFrom('odd "t" as x').select(['x.a"b as c""d']).where('x.a"b', '!=', 'q"'),
  'a schema': (db) => db.withSchema('main').selectFrom('t').select('t.id').where('t.id', '>', 2),
  'joins and subqueries': (db) =>
    db
      .selectFrom('a')
      .innerJoin('b', 'b.a_id', 'a.id')
      .leftJoin('c', (join) => join.onRef('c.id', '=', 'b.c_id').on('c.k', 'is', null))
      .select(['a.id', (eb) => eb.selectFrom('d').select('d.x').whereRef('d.id', '=', 'a.id').as('x')])
      .where(({ eb, and, or, not, exists, selectFrom }) =>
        and([eb('a.id', '>=', 1), or([eb('b.k', 'like', '%x'), not(exists(selectFrom('e').selectAll()))])]),
      )
      .orderBy('a.id', 'desc')
      .limit(5)
      .offset(2),
  'json helpers': (db) =>
    db.selectFrom('a').select((eb) => jsonArrayFrom(eb.selectFrom('b').select(['b.id', 'b.n'])).as('bs')),
  'json paths': (db) =>
    db.selectFrom('a').select((eb) =>
      eb
        .ref('a.j', '->>')
        .key('k"\'' as never)
        .at(0)
        .as('v'),
    ),
  'an operator of its own': (db) => db.selectFrom('a').selectAll().where('a.x', sql`glob`, 'y*'),
  insert: (db) => db.insertInto('t').values({ a: 1, b: 'x', c: null }),
  'insert of many': (db) => db.insertInto('t').values([{ a: 1, b: 2 }, { a: 3 }, { b: sql`lower('X')` }]),
  'insert of defaults': (db) => db.insertInto('t').defaultValues(),
  'insert from select': (db) => db.insertInto('t').columns(['a']).expression(db.selectFrom('u').select('u.a')),
  upsert: (db) =>
    db
      .insertInto('t')
      .values({ id: 1, a: 2 })
      .onConflict((oc) => oc.column('id').doUpdateSet((eb) => ({ a: eb.ref('excluded.a') })))
      .returning(['id', 't.a as x']),
  update: (db) =>
    db
      .updateTable('t')
      .set({ a: 1, b: (eb: any) => eb('b', '+', 1) })
      .where('id', '=', 1)
      .returningAll(),
  delete: (db) =>
    db
      .deleteFrom('t')
      .where('a', 'is not', null)
      .where((eb) => eb.between('b', 1, 2)),
  'common table expressions': (db) =>
    db
      .with('x', (q) => q.selectFrom('t').select('t.a'))
      .selectFrom('x')
      .select('x.a'),
  'set operations': (db) => db.selectFrom('a').select('a.x').union(db.selectFrom('b').select('b.x')),
  'case and cast': (db) =>
    db.selectFrom('t').select((eb) => eb.case().when('a', '=', 1).then('x').else(eb.cast('b', 'text')).end().as('y')),
  'tuples and empty lists': (db) =>
    db
      .selectFrom('t')
      .selectAll()
      .where((eb) => eb(eb.refTuple('a', 'b'), 'in', [eb.tuple(1, 2)]))
      .where('c', 'in', []),
  'create table': (db) =>
    db.schema
      .createTable('t')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('a', 'text', (c) => c.references('u.id').defaultTo('x')),
  'create index': (db) =>
    db.schema.createIndex('i').unique().on('t').columns(['a', 'b desc']).where('a', 'is not', null),
  'alter and drop': (db) => db.schema.alterTable('t').addColumn('z', 'blob'),
  view: (db) => db.schema.createView('v').as(db.selectFrom('t').select('t.a')),
  raw: (db) => ({
    compile: () =>
      sql`select ${sql.ref('t.a')}, ${sql.id('x', 'y')}, ${sql.table('s.t')}, ${1} from ${sql.lit('z')}`.compile(db),
  }),
}

describe('UpkeepSqliteCompiler writes what Kysely’s writes', () => {
  const theirs = kyselyWith(new SqliteQueryCompiler())
  const ours = kyselyWith(new UpkeepSqliteCompiler())

  it.each(Object.entries(STATEMENTS))('%s', (_name, build) => {
    const expected = build(theirs).compile()
    const { sql, parameters } = build(ours).compile()
    expect({ sql, parameters }).toEqual({ sql: expected.sql, parameters: expected.parameters })
    expect(sql.length).toBeGreaterThan(5)
  })
})
