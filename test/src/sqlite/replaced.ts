/** The file under a store is not what was opened: REPLACED, and no row of either file is lost. Without that, UNSUPPORTED. */
import type { Store } from '@upkeep/core'
import { fillPeople } from '../suite/fill-people.ts'
import type { FileChange, TestDatabase, TestFiles } from '../suite/harness.ts'
import { rejectionOf, type Scenario, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** The files. The suite's own tests see to it that they are there. */
export function filesOf({ files }: TestDatabase): TestFiles {
  if (files === undefined) throw new Error('the harness has no files')
  return files
}

/** What somebody does to the files of a store that is open. The old database stays, as `.old`. */
export const CHANGES: Readonly<Record<string, readonly FileChange[]>> = {
  'replaced by another database': [
    { change: 'link', from: '', to: '.old' },
    { change: 'rename', from: '.new', to: '' },
  ],
  removed: [{ change: 'rename', from: '', to: '.old' }],
  'restored from an old copy': [
    { change: 'link', from: '', to: '.old' },
    { change: 'rename', from: '.copy', to: '' },
  ],
}

const insert = (store: Store<TestSchema>, id: number): Promise<unknown> =>
  store.db
    .insertInto('person')
    .values({ id, name: `p${id}`, age: null })
    .execute()

const read = (store: Store<TestSchema>): Promise<unknown> => store.db.selectFrom('person').select('id').execute()

/** A store with 100 people and frames in its log; beside it `.new`, another database, and `.copy`, an old state of it. */
async function openWithOthers(
  t: Scenario,
  options: Parameters<Scenario['openWith']>[1] = {},
): Promise<Store<TestSchema>> {
  const files = filesOf(t.database)
  const store = await t.openWith(['person', 'counter'], options)
  await store.backup(`${store.location}.copy`)
  await fillPeople(store.db, 100)
  await files.probe('.new', 'create table person (id integer primary key, name text not null unique, age integer)')
  await files.probe('.new', "insert into person values (7, 'seven', null)")
  return store
}

/** How many people a file has, once its log lies beside it again, and that it is sound. */
async function countPeople(files: TestFiles, name: string): Promise<number> {
  expectOk(await files.probe(name, 'pragma integrity_check'))
  return Number((await files.probe(name, 'select count(*) as n from person'))[0]?.n)
}

function expectOk(rows: readonly unknown[]): void {
  if (JSON.stringify(rows) !== '[{"integrity_check":"ok"}]') throw new Error(`not sound: ${JSON.stringify(rows)}`)
}

/** Puts the log that was set aside beside the old database, as somebody would who wants his rows back. */
async function reunite(files: TestFiles): Promise<void> {
  const aside = (await files.names()).filter((name) => name.startsWith('.replaced-') && name.endsWith('-wal'))
  if (aside.length !== 1) throw new Error(`logs that were set aside: ${aside.length}`)
  await files.change([{ change: 'rename', from: aside[0] ?? '', to: '.old-wal' }])
}

export const replaced: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  if (!capabilities.reopen) {
    test('reopen() is UNSUPPORTED, and changes nothing', async ({ database, openWith }) => {
      const store = await openWith(['person'])
      expect(database.files === undefined).toBe(true)
      await expectCode(store.reopen(), 'UNSUPPORTED')
      await insert(store, 1)
      expect((await store.health()).findings.some(({ code }) => code === 'file_identity')).toBe(false)
    })
    return
  }

  for (const [how, changes] of Object.entries(CHANGES)) {
    const isGone = how === 'removed'
    const newCount = { 'replaced by another database': 1, 'restored from an old copy': 0, removed: -1 }[how] ?? -1

    describe(how, () => {
      test('a write is REPLACED, and so is everything after it; reopen() goes on with what is there', async (t) => {
        const files = filesOf(t.database)
        const store = await openWithOthers(t)
        await files.change(changes)
        await expectCode(insert(store, 1000), 'REPLACED')
        await expectCode(read(store), 'REPLACED')
        await expectCode(
          store.transaction(async (tx) => tx.selectFrom('person').select('id').execute()),
          'REPLACED',
        )
        await expectCode(
          store.transaction((tx) => tx.selectFrom('person').select('id').execute(), { accessMode: 'read only' }),
          'REPLACED',
        )
        await expectCode(
          store.db.connection().execute((db) => db.deleteFrom('person').execute()),
          'REPLACED',
        )
        await expectCode(store.maintenance(), 'REPLACED')
        await expectCode(store.backup(`${store.location}.backup`), 'REPLACED')
        const { status, findings } = await store.health({ fresh: true })
        expect([status, findings.find(({ code }) => code === 'file_identity')?.status]).toEqual(['fail', 'fail'])
        if (isGone) {
          await expectCode(store.reopen(), 'REPLACED')
          await expectCode(read(store), 'REPLACED')
          await files.change([{ change: 'rename', from: '.copy', to: '' }])
        }
        const report = await store.reopen()
        expect(report).toMatchObject({ backend: store.name, location: store.location })
        expect([report.durationMs >= 0, report.startedAt instanceof Date]).toEqual([true, true])
        // The first attempt, which found no file, has done that part already.
        if (!isGone) expect([report.wasReplaced, report.setAside.length > 0]).toEqual([true, true])
        expect(((await read(store)) as unknown[]).length).toBe(isGone ? 0 : newCount)
        await insert(store, 1000)
        expect((await store.health({ fresh: true })).status).toBe('pass')
        expect((await store.close()).clean).toBe(true)
        expect(await countPeople(files, '')).toBe((isGone ? 0 : newCount) + 1)
        await reunite(files)
        expect(await countPeople(files, '.old')).toBe(100)
      })

      test('a read notices within 100 ms', async (t) => {
        const clock = t.manualClock()
        const store = await openWithOthers(t, { clock })
        await read(store)
        await filesOf(t.database).change(changes)
        clock.advance(100)
        await expectCode(read(store), 'REPLACED')
      })

      test('a transaction that was open cannot commit', async (t) => {
        const files = filesOf(t.database)
        const store = await openWithOthers(t)
        await expectCode(
          store.transaction(async (tx) => {
            await tx.insertInto('person').values({ id: 1000, name: 'late', age: null }).execute()
            await files.change(changes)
          }),
          'REPLACED',
        )
        await store.close()
        await reunite(files)
        expect(await countPeople(files, '.old')).toBe(100)
      })

      test('close() touches neither file, puts the log aside and says so', async (t) => {
        const files = filesOf(t.database)
        const store = await openWithOthers(t)
        await files.change(changes)
        const report = await store.close()
        expect(report).toMatchObject({ clean: false, failure: 'REPLACED' })
        expect(report.setAside?.length).toBe(2)
        expect((await files.names()).includes('-wal')).toBe(false)
        if (!isGone) expect(await countPeople(files, '')).toBe(newCount)
        await reunite(files)
        expect(await countPeople(files, '.old')).toBe(100)
      })

      test('under load every row that was acknowledged is in the old file, and none in the new one', async (t) => {
        const files = filesOf(t.database)
        const store = await openWithOthers(t)
        let acknowledged = 100
        const write = async (start: number): Promise<unknown> => {
          for (let id = start; ; id++) {
            const one = id % 2 === 0 ? insert(store, id) : store.transaction((tx) => insertIn(tx, id))
            const failure = await rejectionOf(one)
            if (failure !== 'resolved') return failure
            acknowledged++
          }
        }
        const writers = [10_000, 20_000, 30_000].map(write)
        await files.change(changes)
        for (const writer of writers) await expectCode(Promise.reject(await writer), 'REPLACED')
        await store.close()
        if (!isGone) expect(await countPeople(files, '')).toBe(newCount)
        await reunite(files)
        expect(await countPeople(files, '.old')).toBe(acknowledged)
      })
    })
  }
}

function insertIn(tx: Pick<Store<TestSchema>['db'], 'insertInto'>, id: number): Promise<unknown> {
  return tx
    .insertInto('person')
    .values({ id, name: `p${id}`, age: null })
    .execute()
}
