/** The schema is changed by another session, under statements that this one has prepared. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const all = async (db: Store<TestSchema>['db']): Promise<readonly unknown[]> =>
  (await sql`select * from counter`.execute(db)).rows

export const planChanges: Topic = ({ expect, test }) => {
  test('statements go on with the new columns, whatever is changed how often', async (t) => {
    const store = await t.openWith(['counter'])
    expect(await all(store.db)).toEqual([{ id: 1, value: 0 }])
    await t.probe('alter table counter add column note text')
    expect(await all(store.db)).toEqual([{ id: 1, value: 0, note: null }])
    await t.probe('alter table counter alter column value type bigint using value + 1, drop column note')
    expect(await all(store.db)).toEqual([{ id: 1, value: 1 }])
    await t.probe('alter table counter alter column value type text')
    expect(await all(store.db)).toEqual([{ id: 1, value: '1' }])
    expect(store.stats().errorCount).toEqual({})
  })

  test('a table that was made anew is the one that is read and written', async (t) => {
    const store = await t.openWith(['counter'])
    const increment = () => store.db.updateTable('counter').set({ value: sql`value + 1` }).returning('value').execute()
    expect(await increment()).toEqual([{ value: 1 }])
    await t.probe('drop table counter')
    await t.probe('create table counter (value int, id int)')
    await t.probe('insert into counter values (10, 1)')
    expect(await increment()).toEqual([{ value: 11 }])
    expect(await all(store.db)).toEqual([{ id: 1, value: 11 }])
  })

  test('inside a transaction retry runs the whole of it again', async (t) => {
    const store = await t.openWith(['counter', 'person'])
    await all(store.db)
    const changed = createGate()
    let runCount = 0
    const outcome = store.transaction(
      async (tx) => {
        if (runCount++ === 0) await changed.opened
        await tx.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
        return all(tx)
      },
      { retry: { attempts: 3, backoffMs: 1 } },
    )
    await t.probe('alter table counter add column note text')
    changed.open()
    expect(await outcome).toEqual([{ id: 1, value: 0, note: null }])
    expect((await store.db.selectFrom('person').selectAll().execute()).length).toBe(1)
  })
}
