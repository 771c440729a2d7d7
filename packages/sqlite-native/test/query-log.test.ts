// Kysely's `log` on a real store: its events carry the application's own values and our errors. They go to the function
// that asked for them; the store's logger never gets a value.
import { isStoreError, type StoreOptions } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { CamelCasePlugin, type LogEvent, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'

async function open(options: StoreOptions = {}) {
  const events: LogEvent[] = []
  const logger = quietLogger()
  const store = await openSqliteStore<any>({
    path: ':memory:',
    log: (event) => void events.push(event),
    logger,
    ...options,
  })
  await sql`create table t (id integer primary key, at timestamp text, name text unique)`.execute(store.db)
  events.length = 0
  return { store, db: store.db, events, logger }
}

const brief = (event: LogEvent): string => {
  if (event.level === 'query') return `query ${event.query.sql}${event.isStream ? ' (stream)' : ''}`
  return `error ${event.query.sql}: ${isStoreError(event.error) ? event.error.code : event.error}`
}

describe('events', () => {
  it('have the SQL as it was compiled and the values as they were given, not as they were bound', async () => {
    const { db, store, events } = await open({ plugins: [new CamelCasePlugin()] })
    const at = new Date()
    await db.insertInto('t').values({ id: 1, at, name: 'Ada' }).execute()
    await db.selectFrom('t').select('id').where('name', '=', 'Ada').execute()
    expect(events.map(({ query }) => [query.sql, query.parameters])).toEqual([
      ['insert into "t" ("id", "at", "name") values (?, ?, ?)', [1, at, 'Ada']],
      ['select "id" from "t" where "name" = ?', ['Ada']],
    ])
    expect(events.every(({ queryDurationMillis }) => queryDurationMillis >= 0)).toBe(true)
    await store.close()
  })

  it('have our errors, the very ones that the caller gets', async () => {
    const { db, store, events } = await open()
    await sql`insert into t (id, name) values (1, 'Ada')`.execute(db)
    const failing = [
      () => sql`insert into t (id, name) values (2, 'Ada')`.execute(db),
      () => sql`selec 1`.execute(db),
      () => sql`select ${undefined}`.execute(db),
      () => sql`pragma foreign_keys = 0`.execute(db),
      () => sql`select 1`.execute(db, { signal: AbortSignal.abort() }),
    ]
    const codes: string[] = []
    for (const fail of failing) codes.push(await codeOf(fail))
    expect(codes).toEqual(['CONSTRAINT', 'SYNTAX', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'ABORTED'])
    expect(events.slice(1).map((event) => brief(event).split(': ')[1])).toEqual(codes)
    await store.close()
  })

  it('one for each statement, in transactions, savepoints and on connections too; BEGIN and COMMIT are none', async () => {
    const { db, store, events } = await open()
    await store.transaction(async (tx) => {
      await sql`select 1`.execute(tx)
      await tx.nested((inner) => sql`select 2`.execute(inner))
    })
    await db.transaction().execute((trx) => sql`select 3`.execute(trx))
    await store.withConnection((connection) => sql`select 4`.execute(connection.db))
    await db.connection().execute((one) => sql`select 5`.execute(one))
    for await (const _row of db.selectFrom('t').selectAll().stream()) void _row
    expect(events.map(brief)).toEqual([
      'query select 1',
      'query select 2',
      'query select 3',
      'query select 4',
      'query select 5',
      'query select * from "t" (stream)',
    ])
    await store.close()
  })

  it('one for each statement of one’s own: maintenance, health and close make none', async () => {
    const { store, events } = await open()
    await store.maintenance({ mode: 'full' })
    await store.health()
    await store.close()
    expect(events).toEqual([])
  })

  it('a stream that fails in its middle is one failure', async () => {
    const { db, store, events } = await open()
    await sql`insert into t (id) values (1), (2), (3)`.execute(db)
    events.length = 0
    const controller = new AbortController()
    const reading = async () => {
      const rows = db.selectFrom('t').selectAll().stream({ chunkSize: 1, signal: controller.signal })
      for await (const _row of rows) controller.abort()
    }
    expect(await codeOf(reading)).toBe('ABORTED')
    expect(events.map(brief)).toEqual(['error select * from "t": ABORTED'])
    await store.close()
  })

  it('a query after close is a failure like any other', async () => {
    const { db, store, events } = await open()
    await store.close()
    expect(await codeOf(() => sql`select 1`.execute(db))).toBe('CLOSED')
    expect(events.map(brief)).toEqual(['error select 1: CLOSED'])
  })
})

describe('a log function that fails', () => {
  it('fails the statement, but not the store', async () => {
    let fail = false
    const { db, store } = await open({
      log: () => {
        if (fail) throw new Error('the log is full')
      },
    })
    fail = true
    await expect(sql`insert into t (id) values (1)`.execute(db)).rejects.toThrow('the log is full')
    fail = false
    expect((await sql`select id from t`.execute(db)).rows).toEqual([{ id: 1 }])
    await store.close()
  })

  it('rolls back the transaction it fails in', async () => {
    let fail = false
    const { db, store } = await open({
      log: () => {
        if (fail) throw new Error('the log is full')
      },
    })
    fail = true
    await expect(store.transaction((tx) => sql`insert into t (id) values (1)`.execute(tx))).rejects.toThrow(
      'the log is full',
    )
    fail = false
    expect((await sql`select id from t`.execute(db)).rows).toEqual([])
    await store.close()
  })
})

it("the store's logger gets no value and no SQL, whatever goes wrong", async () => {
  const { db, store, logger } = await open()
  const secret = 'hunter2'
  await codeOf(() => sql`insert into t (id, name) values (1, ${secret}), (2, ${secret})`.execute(db))
  const left = store.transaction(async (tx) => {
    await sql`insert into t (name) values (${secret})`.execute(tx)
    await store.close({ drainMs: 0 })
  })
  expect(await codeOf(() => left)).toBe('CLOSED')
  expect((await store.close()).clean).toBe(false)
  expect(logger.messages.length).toBeGreaterThan(0)
  expect(logger.messages.join()).not.toMatch(/hunter2|insert/)
})
