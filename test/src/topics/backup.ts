/** `backup()`: one moment of the database in a file of its own, whole or not there. */
import { type BackupProgress, type Store, task } from '@upkeep/core'
import { fillPeople } from '../suite/fill-people.ts'
import { track } from '../suite/gate.ts'
import type { TestBackups, TestDatabase } from '../suite/harness.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** The folder for backups. The suite's own tests see to it that it is there. */
export function folderOf({ backups }: TestDatabase): TestBackups {
  if (backups === undefined) throw new Error('the harness has no backups')
  return backups
}

async function counted(store: Store<TestSchema>): Promise<readonly number[]> {
  const rows = await store.db.selectFrom('counter').select('value').orderBy('id').execute()
  return rows.map(({ value }) => Number(value))
}

const add = (store: Store<TestSchema>): Promise<void> =>
  store.transaction(async (tx) => {
    for (const id of [1, 2]) {
      await tx
        .updateTable('counter')
        .set((eb) => ({ value: eb('value', '+', 1) }))
        .where('id', '=', id)
        .execute()
    }
  })

export const backup: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  if (capabilities.backup === false) {
    test('is UNSUPPORTED, whatever it is asked for', async ({ database, open }) => {
      const store = await open()
      expect(database.backups === undefined).toBe(true)
      await expectCode(store.backup('copy.db'), 'UNSUPPORTED')
      await expectCode(store.backup('copy.db', { overwrite: true, verify: true }), 'UNSUPPORTED')
    })
    return
  }

  test('holds what was committed, and nothing of what comes later', async ({ database, openWith }) => {
    const { path, names, open } = folderOf(database)
    const store = await openWith(['person'])
    await fillPeople(store.db, 1000)
    const report = await store.backup(path('copy.db'))
    await store.db.deleteFrom('person').execute()
    expect(await names()).toEqual(['copy.db'])
    expect(report).toMatchObject({ backend: store.name, location: path('copy.db'), verified: false })
    expect([report.sizeBytes > 0, report.durationMs >= 0, report.startedAt instanceof Date]).toEqual([true, true, true])
    // The date in a report is the caller's own: it cannot be set for whoever reads the report next.
    report.startedAt.setTime(0)
    expect(report.startedAt.getTime() > 0).toBe(true)
    await using copy = await open<TestSchema>(report.location)
    expect((await copy.db.selectFrom('person').select('id').execute()).length).toBe(1000)
    // It is a database like any other.
    await copy.db.insertInto('person').values({ id: 5000, name: 'ann', age: 1 }).execute()
    expect((await copy.maintenance({ integrity: 'full' })).outcome).toBe('ok')
  })

  test('beside writers it is one moment of what they do, and sound', async ({ client, database, openWith }) => {
    const { path, open } = folderOf(database)
    const store = await openWith(['person', 'counter'])
    await fillPeople(store.db, 5000)
    await store.db.insertInto('counter').values({ id: 2, value: 0 }).execute()
    await add(store)
    const other = capabilities.multiProcess ? await client() : undefined
    const backups = track(
      (async () => {
        for (const name of ['a.db', 'b.db', 'c.db']) await store.backup(path(name), { verify: true })
      })(),
    )
    const writeHere = async (): Promise<void> => {
      while (!backups.settled) await add(store)
    }
    const writeThere = async (): Promise<void> => {
      while (!backups.settled) await other?.call('run', { sql: 'update counter set value = value + 1' })
    }
    await Promise.all([backups.promise, writeHere(), writeHere(), other && writeThere()])
    let before = 1
    for (const name of ['a.db', 'b.db', 'c.db']) {
      await using copy = await open<TestSchema>(path(name))
      const [one = 0, two = 0] = await counted(copy)
      expect([one, one >= before]).toEqual([two, true])
      before = one
    }
  })

  test('progress goes on and never back, and what onProgress throws is nobody’s business', async (t) => {
    const { path } = folderOf(t.database)
    const store = await t.openWith(['person'])
    await fillPeople(store.db, 1000)
    const seen: BackupProgress[] = []
    const { sizeBytes } = await store.backup(path('copy.db'), {
      onProgress: (progress) => {
        seen.push(progress)
        throw new Error('mine')
      },
    })
    const done = seen.map(({ doneBytes }) => doneBytes)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(seen.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes)).toBe(true)
    expect([seen[0]?.doneBytes, seen.at(-1)]).toEqual([0, { doneBytes: sizeBytes, totalBytes: sizeBytes }])
  })

  test('a file that is there is replaced only by overwrite, and only when the new one is whole', async (t) => {
    const { path, names, open } = folderOf(t.database)
    const store = await t.openWith(['counter'])
    await store.backup(path('copy.db'))
    await store.db.updateTable('counter').set({ value: 7 }).execute()
    const valueThere = async (): Promise<readonly number[]> => {
      const copy = await open<TestSchema>(path('copy.db'))
      const values = await counted(copy)
      await copy.close({ maintenanceOnClose: false })
      return values
    }
    await expectCode(store.backup(path('copy.db')), 'INVALID_ARGUMENT')
    expect(await valueThere()).toEqual([0])
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    await expectCode(
      store.backup(path('copy.db'), { overwrite: true, signal: controller.signal, onProgress }),
      'ABORTED',
    )
    expect(await valueThere()).toEqual([0])
    expect((await store.backup(path('copy.db'), { overwrite: true, verify: true })).verified).toBe(true)
    expect([await valueThere(), await names()]).toEqual([[7], ['copy.db']])
  })

  test('what is no place for it is INVALID_ARGUMENT, and so are options that are none', async (t) => {
    const { path, names, link } = folderOf(t.database)
    const store = await t.openWith(['counter'])
    const places = ['', ':memory:', `${path('copy.db')}\0`, 'https://host/copy.db', path('nowhere/copy.db'), path('')]
    for (const place of places) await expectCode(store.backup(place), 'INVALID_ARGUMENT')
    await expectCode(store.backup(5 as never), 'INVALID_ARGUMENT')
    const wrong = [{ overwrite: 1 }, { verify: 'quick' }, { onProgress: 'x' }, { timeoutMs: -1 }, { force: true }]
    for (const ctx of wrong) await expectCode(store.backup(path('copy.db'), ctx as never), 'INVALID_ARGUMENT')
    expect(await names()).toEqual([])
    await store.backup(path('copy.db'))
    const linked = await link('link.db', path('copy.db'))
    const dangling = await link('dangling.db', path('not-there.db'))
    for (const place of [linked, dangling]) {
      for (const overwrite of [false, true]) await expectCode(store.backup(place, { overwrite }), 'INVALID_ARGUMENT')
    }
    expect(await names()).toEqual(['copy.db', 'dangling.db', 'link.db'])
  })

  if (capabilities.backup !== 'inline') {
    test('has its name when it is whole, and not before', async ({ database, openWith }) => {
      const { path, names } = folderOf(database)
      const store = await openWith(['person'])
      await fillPeople(store.db, 1000)
      let during: Promise<readonly string[]> | undefined
      await store.backup(path('copy.db'), { onProgress: () => (during ??= names()) })
      expect((await during)?.filter((name) => name === 'copy.db' || !name.startsWith('copy.db'))).toEqual([])
      expect(await names()).toEqual(['copy.db'])
    })
  }

  if (capabilities.persistent) {
    test('never writes over the database, nor over what belongs to it, whatever the name', async (t) => {
      const { names, link } = folderOf(t.database)
      const store = await t.openWith(['counter'])
      const linked = await link('link.db', store.location)
      const parts = ['', '-wal', '-shm', '-journal', '-maintenance'].map((part) => `${store.location}${part}`)
      for (const place of [...parts, linked]) {
        for (const overwrite of [false, true]) await expectCode(store.backup(place, { overwrite }), 'INVALID_ARGUMENT')
      }
      await store.db.updateTable('counter').set({ value: 3 }).execute()
      expect((await store.maintenance({ integrity: 'full' })).outcome).toBe('ok')
      expect([await counted(store), await names()]).toEqual([[3], ['link.db']])
    })

    test('a store that is only read has backups, too', async ({ database, open, openWith }) => {
      const { path, open: openCopy } = folderOf(database)
      await (await openWith(['counter'])).close()
      const store = await open<TestSchema>({ readOnly: true })
      await store.backup(path('copy.db'), { verify: true })
      await using copy = await openCopy<TestSchema>(path('copy.db'))
      expect(await counted(copy)).toEqual([0])
    })
  }

  if (capabilities.asyncContext) {
    test('inside a write transaction it is NESTED_USE, and the transaction goes on', async ({ database, openWith }) => {
      const { path, names } = folderOf(database)
      const store = await openWith(['counter'])
      await store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 1 }).execute()
        await expectCode(store.backup(path('copy.db')), 'NESTED_USE')
      })
      expect([await counted(store), await names()]).toEqual([[1], []])
    })
  }

  test('several at once do not disturb each other; for one name there is one winner', async (t) => {
    const { path, names, open } = folderOf(t.database)
    const store = await t.openWith(['counter'])
    await Promise.all(['a.db', 'b.db'].map((name) => store.backup(path(name))))
    const outcomes = await Promise.all([1, 2, 3].map(() => rejectionOf(store.backup(path('c.db')))))
    const codes = outcomes.map((outcome) => (outcome === 'resolved' ? outcome : (outcome as { code: string }).code))
    expect(codes.sort()).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'resolved'])
    await Promise.all([1, 2].map(() => store.backup(path('c.db'), { overwrite: true })))
    expect(await names()).toEqual(['a.db', 'b.db', 'c.db'])
    for (const name of await names()) {
      await using copy = await open<TestSchema>(path(name))
      expect(await counted(copy)).toEqual([0])
    }
  })

  test('beside maintenance, and as one of its tasks', async ({ database, openWith }) => {
    const { path, names } = folderOf(database)
    const store = await openWith(['person'])
    await fillPeople(store.db, 2000)
    const nightly = task<TestSchema>({ name: 'backup', run: async () => void (await store.backup(path('task.db'))) })
    const [report] = await Promise.all([
      store.maintenance({ tasks: [nightly], integrity: 'quick' }),
      store.backup(path('beside.db'), { verify: true }),
    ])
    expect(report.tasks).toMatchObject([{ name: 'backup', status: 'done' }])
    // What a checkpoint could not do because the copy was still read is blocked, and not failed.
    expect(report.steps.filter(({ status }) => status === 'failed')).toEqual([])
    expect(await names()).toEqual(['beside.db', 'task.db'])
  })
}
