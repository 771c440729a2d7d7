/** What a store is from open to closed: identity, capabilities, states, `health()` and `stats()`. Not: how it closes. */
import { columnTypes, type Store } from '@upkeep/core'
import { sql } from 'kysely'
import { createGate } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** Every way into a store, for doing all of them in one state. */
const OPERATIONS: Readonly<Record<string, (store: Store<TestSchema>) => Promise<unknown>>> = {
  select: (store) => store.db.selectFrom('person').selectAll().execute(),
  insert: (store) => store.db.insertInto('person').values({ id: 1, name: 'ann', age: 1 }).execute(),
  'raw sql': (store) => sql`select 1 as one`.execute(store.db),
  stream: (store) => store.db.selectFrom('person').selectAll().stream().next(),
  transaction: (store) => store.transaction((tx) => tx.selectFrom('person').selectAll().execute()),
  'read only transaction': (store) =>
    store.transaction((tx) => tx.selectFrom('person').selectAll().execute(), { accessMode: 'read only' }),
  withConnection: (store) => store.withConnection(({ db }) => db.selectFrom('person').selectAll().execute()),
  maintenance: (store) => store.maintenance(),
  health: (store) => store.health(),
  'db.transaction': (store) => store.db.transaction().execute((tx) => tx.selectFrom('person').selectAll().execute()),
  'db.startTransaction': async (store) => {
    const tx = await store.db.startTransaction().execute()
    await tx.selectFrom('person').selectAll().execute()
    await tx.commit().execute()
  },
  'db.connection': (store) => store.db.connection().execute((db) => db.selectFrom('person').selectAll().execute()),
  'db.introspection': (store) => store.db.introspection.getTables(),
  'schema builder': (store) =>
    store.db.schema.createTable('later').addColumn('id', columnTypes(store.db).integer).execute(),
}

export const lifecycle: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('opens, says who and where it is, and that it is open', async ({ open }) => {
    const store = await open()
    expect(store.status).toBe('open')
    expect(store.name.length > 0).toBe(true)
    expect(store.location.length > 0).toBe(true)
  })

  test('claims the capabilities of its harness, fixed for life', async ({ open }) => {
    const store = await open()
    const before = store.capabilities
    expect({ ...before }).toEqual({ ...capabilities })
    expect(Object.isFrozen(before)).toBe(true)
    await store.close()
    expect(store.capabilities).toBe(before)
  })

  test('the harness offers exactly what the capabilities allow', async ({ database }) => {
    expect(database.probe !== undefined).toBe(capabilities.multiProcess)
    expect(database.spawnClient !== undefined).toBe(capabilities.multiProcess)
    expect(database.walSizeBytes !== undefined).toBe(capabilities.writeAheadLog && database.fileSizeBytes !== undefined)
  })

  if (capabilities.persistent) {
    test('what was written is there after the next open', async ({ open, openWith }) => {
      const first = await openWith(['person'])
      await first.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      await first.close()
      const second = await open()
      expect(await second.db.selectFrom('person').selectAll().execute()).toEqual([{ id: 1, name: 'ann', age: null }])
    })
  } else {
    test('nothing outlives it', async ({ open, openWith }) => {
      await (await openWith(['person'])).close()
      const second = await open()
      await expectCode(second.db.selectFrom('person').selectAll().execute(), 'SYNTAX')
    })
  }

  for (const [name, operation] of Object.entries(OPERATIONS)) {
    test(`${name} works while open, is CLOSED afterwards`, async ({ openWith }) => {
      const store = await openWith(['person'])
      await operation(store)
      await store.close()
      await expectCode(operation(store), 'CLOSED')
    })
  }

  test('new work is CLOSED from the moment close() was called, and the status says so', async ({ openWith }) => {
    const store = await openWith(['person'])
    const started = createGate()
    const finish = createGate()
    const running = store.transaction(async () => {
      started.open()
      await finish.opened
    })
    await started.opened
    const closing = store.close()
    expect(store.status).toBe('closing')
    for (const operation of Object.values(OPERATIONS)) await expectCode(operation(store), 'CLOSED')
    finish.open()
    await running
    await closing
    expect(store.status).toBe('closed')
  })

  test('a handle kept from a transaction or connection is of no use afterwards', async ({ openWith }) => {
    const store = await openWith(['person'])
    const tx = await store.transaction(async (transaction) => transaction)
    const connection = await store.withConnection(async ({ db }) => db)
    for (const db of [tx, connection]) {
      expect(await rejectionOf(db.selectFrom('person').selectAll().execute())).toBeInstanceOf(Error)
    }
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  describe('health and stats', () => {
    test('health() of a store at rest passes and has looked', async ({ open }) => {
      const report = await (await open()).health()
      expect(report.status).toBe('pass')
      expect(report.checkedAt).toBeInstanceOf(Date)
      expect(report.findings.some(({ code, status }) => code === 'reachable' && status === 'pass')).toBe(true)
    })

    test('stats() counts, and is a snapshot', async ({ openWith }) => {
      const store = await openWith(['person'])
      const before = store.stats()
      await store.db.selectFrom('person').selectAll().execute()
      await store.transaction((tx) => tx.selectFrom('person').selectAll().execute())
      await store.db.transaction().execute((tx) => tx.selectFrom('person').selectAll().execute())
      await expectCode(sql`nonsense`.execute(store.db), 'SYNTAX')
      await store.maintenance({ mode: 'light' })
      const after = store.stats()
      expect(after.status).toBe('open')
      expect(after.queryCount - before.queryCount).toBe(4)
      expect(after.transactionCount - before.transactionCount).toBe(2)
      expect(after.maintenance.runCount).toEqual({ ok: 1 })
      expect(after.errorCount).toEqual({ SYNTAX: 1 })
      expect(after.inFlight).toBe(0)
      expect(before.errorCount).toEqual({})
      await store.close()
      expect(store.stats().status).toBe('closed')
    })

    test('stats() tells what is in flight', async ({ openWith }) => {
      const store = await openWith(['person'])
      const started = createGate()
      const finish = createGate()
      const running = store.transaction(async () => {
        started.open()
        await finish.opened
      })
      await started.opened
      expect(store.stats().inFlight).toBe(1)
      finish.open()
      await running
      expect(store.stats().inFlight).toBe(0)
    })
  })
}
