// What a statement is called by its words.
import { expect, it } from 'vitest'
import { classifyStatement, type StatementClass } from '../dist/statement-class.js'

const CASES: Readonly<Record<StatementClass, readonly string[]>> = {
  read: [
    'select 1',
    '  -- comment\n /* another */ ((SELECT 1) union (select 2))',
    'values (1)',
    'table t',
    'with a as (select 1) select * from a',
    'select * from t for update',
    'select * from t for no key update of t',
    "select set_config('app.tenant', $1, true)",
    'select pg_advisory_xact_lock(1)',
  ],
  write: [
    'insert into t values (1)',
    'UPDATE t set a = 1',
    'delete from t',
    'merge into t using s on true when matched then delete',
    'with gone as (delete from t returning *) select * from gone',
    'select * into copy from t',
  ],
  command: [
    'create table t (id int)',
    'alter table t add a int',
    'explain select 1',
    'call p()',
    'do $$ $$',
    'analyze t',
    'show all',
    '',
  ],
  connection: [
    'set work_mem = 1',
    'set session characteristics as transaction read only',
    'reset all',
    'listen a',
    'discard all',
    'prepare p as select 1',
    'create temp table t (id int)',
    'create temporary view v as select 1',
    'create table pg_temp.t (id int)',
    "select set_config('work_mem', '1', false)",
    "select set_config('work_mem', '1', $1)",
    'select pg_advisory_lock(1)',
    'select pg_try_advisory_lock_shared(1)',
  ],
  local: [
    'set local work_mem = 1',
    'set transaction read only',
    'set constraints all deferred',
    'lock table t',
    'declare c cursor for select 1',
  ],
  transaction: [
    'begin',
    'START TRANSACTION',
    'commit',
    'end',
    'rollback to a',
    'savepoint a',
    "prepare transaction 'a'",
  ],
  vacuum: ['vacuum', 'VACUUM (FULL) t'],
}

for (const [kind, statements] of Object.entries(CASES)) {
  for (const sql of statements) it(`${kind}: ${sql}`, () => expect(classifyStatement(sql)).toBe(kind))
}
