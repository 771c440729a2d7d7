// What kind of statement a text is taken for: reads, writes and schema changes. PRAGMA and what concerns the connection
// have a table of their own. That the kinds lead to the right connection is tested with a real database, in
// sqlite-native; what SQLite refuses to compile does not matter here.
import { describe, expect, it } from 'vitest'
import { classifyStatement, type StatementClass } from '../../dist/sqlite/statement-class.js'

const TABLE: Readonly<Partial<Record<StatementClass, readonly string[]>>> = {
  read: [
    'select 1',
    'SELECT 1',
    'sElEcT 1',
    ' \t\r\n select 1',
    '-- why\nselect 1',
    '/* why */select 1',
    '/* a */ -- b\n /* c */\n select 1',
    '/* -- */ select 1',
    '-- /*\nselect 1',
    ';select 1',
    ' ; ; select 1;',
    '\ufeffselect 1',
    'select/**/1',
    'select-1',
    'select(1)',
    'select"a"from t',
    'values (1), (2)',
    'with x as (select 1) select * from x',
    'WITH RECURSIVE x(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM x) SELECT n FROM x LIMIT 5',
    // By its words it could be one; SQLite is asked before it runs on a reader.
    'with x as (select 1) insert into t select * from x',
    'WITH x AS (SELECT 1) DELETE FROM t',
    "select 'changes()' as text",
    'select "changes" from t',
    'select changes from t',
    'select changes.n from changes',
    'select 1 -- changes()',
    'select /* total_changes() */ 1',
    'select max(changes) from t',
    'select mychanges(1), changes_of(2)',
    "select 'it''s changes()'",
    'select * from pragma_table_info(?)',
    'select temp from weather',
  ],
  write: [
    'insert into t values (1)',
    'insert into t values (1) returning id',
    'INSERT OR REPLACE INTO t VALUES (1)',
    'replace into t values (1)',
    'update t set a = 1',
    'delete from t',
    'analyze',
    'reindex t',
    '-- select\ndelete from t',
    '/* select */ update t set a = 1',
    'select changes()',
    'select CHANGES ()',
    'select changes/* of what */()',
    'select changes\n--\n()',
    'select "changes"()',
    'select [changes]()',
    'select `changes`()',
    'select total_changes()',
    'select last_insert_rowid() as id',
    "select load_extension('x')",
    'with x as (select last_insert_rowid() as id) select id from x',
    'values (changes())',
    '',
    ' ',
    '-- nothing',
    '/* never ended',
    '(select 1)',
    '"select" 1',
    '123',
    'größe',
    'selection from t',
  ],
  schema: [
    'create table t (a)',
    'CREATE TABLE IF NOT EXISTS t (a)',
    'create unique index i on t (a)',
    'create view v as select 1',
    'create trigger g after insert on t begin select 1; end',
    'create virtual table f using fts5(a)',
    'drop table t',
    'alter table t add column b',
    '/* x */ create table t (a)',
    'create table temperature (a)',
    'create table weather (temp real)',
    'create table weather ("temp" real, temporary boolean)',
    'alter table weather add column temp real',
    "create table t (a text default 'temp.')",
    'create table t (a) -- temp.t',
    'create index temp_i on t (temp)',
    'create view v as select temp from weather',
    'create view v as select temp.degrees from weather as temp',
    'create table temp (a)',
  ],
  'temporary schema': [
    'create temp table t (a)',
    'CREATE TEMPORARY TABLE t (a)',
    'create /* x */ temp view v as select 1',
    'create temp trigger g after insert on t begin select 1; end',
    'create table temp.t (a)',
    'create table if not exists TEMP.t (a)',
    'create table "temp"."t" (a)',
    'create table [temp] . t (a)',
    'create table temp/**/.t (a)',
    'create index temp.i on t (a)',
    'create virtual table temp.f using fts5(a)',
    'drop table temp.t',
    'drop table if exists temp.t',
    'alter table temp.t rename to u',
  ],
}

describe.each(Object.entries(TABLE))('%s', (kind, statements) => {
  it.each(statements)('%j', (sql) => {
    expect(classifyStatement(sql)).toBe(kind)
  })
})

describe("the application's functions", () => {
  const functions = new Set(['slug', 'größe'])

  it.each([
    ['select slug(name) from t', 'write'],
    ['select SLUG (name) from t', 'write'],
    ['select "slug"(name) from t', 'write'],
    ['select größe(name) from t', 'write'],
    ['select slug from t', 'read'],
    ["select 'slug(x)' from t", 'read'],
    ['select slugs(name) from t', 'read'],
    ['create index i on t (slug(name))', 'schema'],
  ])('%s: %s', (sql, kind) => {
    expect(classifyStatement(sql, functions)).toBe(kind)
  })
})

it('a long text costs no more than its length', () => {
  const blanks = ' '.repeat(50_000)
  const quotes = '"'.repeat(50_001)
  const comments = '/*'.repeat(25_000)
  expect(classifyStatement(`${blanks}select 1${blanks}`)).toBe('read')
  expect(classifyStatement(`select ${quotes}`)).toBe('read')
  expect(classifyStatement(`select 1 ${comments}`)).toBe('read')
  expect(classifyStatement(`select ${"'a''b".repeat(10_000)}`)).toBe('read')
})
