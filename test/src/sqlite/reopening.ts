/** reopen() by hand and by itself, logs that somebody removed, and files that were cut short. */

import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import { CHANGES, filesOf } from './replaced.ts'

const REPLACE = CHANGES['replaced by another database'] ?? []
const NEW_TABLE = 'create table person (id integer primary key, name text not null unique, age integer)'
const ANN = { id: 5000, name: 'ann', age: null }

export const reopening: Topic = ({ harness, describe, expect, expectCode, test }) => {
  if (!harness.capabilities.reopen) return

  test('reopen() of a file that is the same loses nothing and sets nothing aside', async ({ openWith }) => {
    const store = await openWith(['person'])
    await fillPeople(store.db, 10)
    expect(await store.reopen()).toMatchObject({ wasReplaced: false, setAside: [] })
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(10)
    await store.db.insertInto('person').values(ANN).execute()
  })

  test('reopen() waits for what is under way, and is NESTED_USE inside of it', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const gate = createGate()
    const begun = createGate()
    const reading = store.transaction(
      async (tx) => {
        await tx.selectFrom('person').select('id').execute()
        begun.open()
        await gate.opened
        return tx.selectFrom('person').select('id').execute()
      },
      { accessMode: 'read only' },
    )
    await begun.opened
    const reopened = store.reopen()
    gate.open()
    expect(await reading).toEqual([])
    clock.release()
    expect((await reopened).wasReplaced).toBe(false)
    if (!harness.capabilities.asyncContext) return
    await expectCode(
      store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await store.reopen()
      }),
      'NESTED_USE',
    )
  })

  test('reopen() is BUSY while a stream is open, ABORTED by its signal, CLOSED after close()', async (t) => {
    const store = await t.openWith(['person'], { busyTimeoutMs: 0 })
    await fillPeople(store.db, 100)
    for await (const _ of store.db.selectFrom('person').selectAll().stream(10)) {
      await expectCode(store.reopen(), 'BUSY')
      break
    }
    await expectCode(store.reopen({ signal: AbortSignal.abort() }), 'ABORTED')
    await store.reopen()
    await store.close()
    await expectCode(store.reopen(), 'CLOSED')
  })

  test('in a directory where nothing else has changed for a while, the very next write is REPLACED', async (t) => {
    const files = filesOf(t.database)
    // It stands still, so that no look at the files becomes due by itself.
    const store = await t.openWith(['person'], { clock: t.manualClock() })
    const untilMs = Date.now() + 200
    for (let id = 1; Date.now() < untilMs; id++) {
      await store.db
        .insertInto('person')
        .values({ id, name: `p${id}`, age: null })
        .execute()
    }
    await files.change([{ change: 'rename', from: '', to: '.old' }])
    await expectCode(
      store.db
        .insertInto('person')
        .values({ ...ANN, id: 1_000_000 })
        .execute(),
      'REPLACED',
    )
  })

  describe("onReplaced: 'reopen'", () => {
    test('the next operation goes on with the new file; inside a transaction it is REPLACED', async (t) => {
      const files = filesOf(t.database)
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { onReplaced: 'reopen', clock })
      await fillPeople(store.db, 100)
      await files.probe('.new', NEW_TABLE)
      await expectCode(
        store.transaction(async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          await files.change(REPLACE)
          clock.advance(100)
          await tx.selectFrom('person').select('id').execute()
        }),
        'REPLACED',
      )
      await store.db.insertInto('person').values(ANN).execute()
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      expect((await store.close()).clean).toBe(true)
      expect(await t.probe('select count(*) as n from person')).toEqual([{ n: 1 }])
    })

    const ways = ['a statement that is known', 'a new statement', 'a transaction', 'a read', 'a stream'] as const
    for (const way of ways) {
      test(`${way} is the first to come`, async (t) => {
        const files = filesOf(t.database)
        const clock = t.manualClock()
        const store = await t.openWith(['person'], { onReplaced: 'reopen', clock })
        const { db } = store
        await db.insertInto('person').values({ id: 1, name: 'old', age: null }).execute()
        expect((await db.selectFrom('person').select('id').execute()).length).toBe(1)
        await files.probe('.new', NEW_TABLE)
        await files.change(REPLACE)
        clock.advance(100)
        if (way === 'a statement that is known') await db.insertInto('person').values(ANN).execute()
        if (way === 'a new statement') await db.deleteFrom('person').execute()
        if (way === 'a transaction') await store.transaction((tx) => tx.insertInto('person').values(ANN).execute())
        if (way === 'a stream') for await (const row of db.selectFrom('person').selectAll().stream()) void row
        const rows = await db.selectFrom('person').select('id').execute()
        expect(rows.map(({ id }) => id)).toEqual(way.startsWith('a statement') || way === 'a transaction' ? [5000] : [])
      })
    }

    test('a file that is gone stays REPLACED, and is never made anew', async (t) => {
      const files = filesOf(t.database)
      const store = await t.openWith(['person'], { onReplaced: 'reopen' })
      await files.change([{ change: 'rename', from: '', to: '.old' }])
      await expectCode(store.db.insertInto('person').values(ANN).execute(), 'REPLACED')
      await expectCode(store.db.insertInto('person').values(ANN).execute(), 'REPLACED')
      expect((await files.names()).includes('')).toBe(false)
    })
  })

  describe('the log', () => {
    test('removed: REPLACED, and nothing that was committed is lost', async (t) => {
      const files = filesOf(t.database)
      const store = await t.openWith(['person'])
      await fillPeople(store.db, 100)
      await files.change([{ change: 'remove', from: '-wal' }])
      await expectCode(store.db.insertInto('person').values(ANN).execute(), 'REPLACED')
      await store.reopen()
      expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(100)
    })

    test('another one in its place: REPLACED, and neither is it removed nor the database written to', async (t) => {
      const files = filesOf(t.database)
      const store = await t.openWith(['person'])
      await store.maintenance({ steps: ['checkpoint'] })
      await fillPeople(store.db, 100)
      await files.probe('.new', NEW_TABLE)
      await files.change([
        { change: 'rename', from: '-wal', to: '.old-wal' },
        { change: 'rename', from: '.new', to: '-wal' },
      ])
      await expectCode(store.db.insertInto('person').values(ANN).execute(), 'REPLACED')
      expect(await store.close()).toMatchObject({ clean: false, failure: 'REPLACED', setAside: [] })
      expect((await files.names()).includes('-wal')).toBe(true)
      await files.change([
        { change: 'rename', from: '', to: '.old' },
        { change: 'remove', from: '-shm' },
      ])
      expect(await files.probe('.old', 'select count(*) as n from person')).toEqual([{ n: 100 }])
    })
  })

  for (const sizeBytes of [0, 100, 8192]) {
    test(`a database that was cut to ${sizeBytes} bytes is CORRUPT, and nothing is written to it any more`, async (t) => {
      const files = filesOf(t.database)
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      await fillPeople(store.db, 2000)
      await store.maintenance({ steps: ['checkpoint'] })
      await store.db.insertInto('person').values(ANN).execute()
      await files.change([{ change: 'truncate', from: '', sizeBytes }])
      clock.advance(100)
      await expectCode(store.db.selectFrom('person').selectAll().execute(), 'CORRUPT')
      await expectCode(store.db.deleteFrom('person').execute(), 'CORRUPT')
      await expectCode(store.maintenance(), 'CORRUPT')
      await expectCode(store.reopen(), 'CORRUPT')
      await expectCode(store.db.selectFrom('person').selectAll().execute(), 'CORRUPT')
      expect(await store.close()).toMatchObject({ clean: false, failure: 'CORRUPT' })
      expect(await t.database.fileSizeBytes?.()).toBe(sizeBytes)
    })
  }

  test('a database that lacks the end of a large value is CORRUPT, and the value is not made up', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const name = 'x'.repeat(400_000)
    await store.db.insertInto('person').values({ id: 1, name, age: null }).execute()
    await store.maintenance({ steps: ['checkpoint'] })
    const sizeBytes = ((await t.database.fileSizeBytes?.()) ?? 0) - 200_000
    // The log tells how large the database is: SQLite misses nothing, and reads zeros.
    await store.db.insertInto('person').values(ANN).execute()
    await filesOf(t.database).change([{ change: 'truncate', from: '', sizeBytes }])
    clock.advance(100)
    await expectCode(store.db.selectFrom('person').select('name').where('id', '=', 1).execute(), 'CORRUPT')
    expect((await store.close()).failure).toBe('CORRUPT')
  })

  test('a database that maintenance has made smaller is none of that', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    await fillPeople(store.db, 5000)
    await store.maintenance({ steps: ['checkpoint'] })
    await store.db.deleteFrom('person').where('id', '>', 10).execute()
    clock.release()
    await store.maintenance({ steps: ['reclaim', 'finalCheckpoint'] })
    await store.db.insertInto('person').values(ANN).execute()
    expect((await store.health({ fresh: true })).findings.find(({ code }) => code === 'file_identity')?.status).toBe(
      'pass',
    )
  })
}
