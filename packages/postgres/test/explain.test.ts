// How a statement would run: its plan, and no value that was bound.

import { systemClock } from '@upkeep/core'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { openPostgresEngine } from '../dist/open-postgres-engine.js'
import { resolveTarget } from '../dist/postgres-target.js'
import { afterTest, expectCode, testDatabase, testStore } from './support/server-test.ts'

const SECRET = 'hunter2'

it('shows conditions with parameters, runs nothing, and leaves nothing', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  await sql`create table t (id int, name text)`.execute(store.db)
  const engine = await openPostgresEngine(resolveTarget({ url, pool: { max: 1 } }), {
    clock: systemClock,
    log: console,
  })
  afterTest(() => engine.close())
  const read = sql`select * from t where name = ${SECRET}`.compile(store.db)
  for (let round = 0; round < 2; round++) {
    const lines = await engine.explain(read, {})
    expect(lines.join('\n')).toContain('$1')
    expect(lines.join('\n')).not.toContain(SECRET)
  }
  const write = sql`insert into t values (1, ${SECRET})`.compile(store.db)
  expect((await engine.explain(write, {})).join('\n')).toContain('Insert on t')
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
  const several = sql`select 1; drop table t`.compile(store.db)
  await expectCode(engine.explain(several, {}), 'SYNTAX')
  await expectCode(engine.explain(sql`drop table t`.compile(store.db), {}), 'INVALID_ARGUMENT')
  await sql`select * from t`.execute(store.db)
  const { rows } = await engine.execute(
    sql`select count(*) as n from pg_prepared_statements where name like 'upkeep%'`.compile(store.db),
    {},
  )
  expect(rows).toEqual([{ n: 0 }])
})
