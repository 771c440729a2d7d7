/** The tables that retention works on: keys of every kind, names of every kind, none at all; options that are none. */
import { columnTypes, deleteOlderThan, deleteWhere, keepLatest, retention, type Store, task } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { createEvents, fillEvents, keysOf, runTask } from '../suite/event-table.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

interface KeyedSchema {
  keyed: { key: any; gone: boolean }
}

const KEYS = {
  text: ['', ' ', 'Ann', 'ann', '\u00e4', 'a\u0308', 'zwölf 🦊', "it's", '10', '9'],
  integer: [-(2n ** 63n), -1, 0, 1, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 53n + 2n, 2n ** 63n - 1n],
  bytes: [[], [0], [0, 0], [1], [127, 1], [128], [255], [255, 0]].map((bytes) => new Uint8Array(bytes)),
  uuid: [
    '6f1c0a52-6b0e-4f57-9d8e-0f3c2b1a9e77',
    '00000000-0000-4000-8000-000000000000',
    'ffffffff-0000-4000-8000-000000000000',
  ],
} as const

async function createKeyed(db: Kysely<any>, kind: keyof typeof KEYS): Promise<void> {
  const types = columnTypes(db)
  await db.schema
    .createTable('keyed')
    .addColumn('key', types[kind], (column) => column.notNull().primaryKey())
    .addColumn('gone', types.boolean)
    .execute()
}

/** All keys twice over: those at odd places are to go. */
async function openKeyed(store: Store<KeyedSchema>, kind: keyof typeof KEYS): Promise<readonly unknown[]> {
  await createKeyed(store.db, kind)
  for (const [index, key] of KEYS[kind].entries()) {
    await store.db
      .insertInto('keyed')
      .values({ key, gone: index % 2 === 1 })
      .execute()
  }
  return keysOf(store.db.withTables<any>(), 'keyed', 'key')
}

export const retentionTables: Topic = ({ describe, expect, expectCode, test }) => {
  describe('keys of any kind: just the rows that are to go are gone', () => {
    for (const kind of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
      for (const batchSize of [1, 3, 100]) {
        test(`${kind}, ${batchSize} in a batch`, async ({ open }) => {
          const store = await open<KeyedSchema>()
          const before = await openKeyed(store, kind)
          const gone = KEYS[kind].filter((_, index) => index % 2 === 1)
          const { deleteWhere } = retention<KeyedSchema>()
          const where = deleteWhere({ table: 'keyed', key: 'key', where: (eb) => eb('gone', '=', true), batchSize })
          const report = await runTask(store, where)
          expect(report).toMatchObject({ status: 'done', counters: { deletedRowCount: gone.length } })
          const left = await keysOf(store.db, 'keyed', 'key')
          const text = (key: unknown): string => String(key)
          expect(left.map(text)).toEqual(before.map(text).filter((key) => !gone.map(text).includes(key)))
        })
      }
    }
  })

  test('many pages of a table without another index', async ({ open }) => {
    const store = await open<any>()
    await createEvents(store.db)
    await fillEvents(
      store.db,
      Array.from({ length: 3000 }, (_, index) => (index % 7 === 0 ? 20_000 : -20_000)),
    )
    const report = await runTask(
      store,
      deleteOlderThan({ table: 'event', column: 'at', maxAge: { days: 1 }, batchSize: 10 }),
    )
    expect(report).toMatchObject({ status: 'done', counters: { deletedRowCount: 429 } })
    const left = (await keysOf(store.db)) as number[]
    expect([left.length, left.some((id) => (id - 1) % 7 === 0)]).toEqual([2571, false])
  })

  test('an empty table', async ({ open }) => {
    const store = await open<any>()
    await createEvents(store.db)
    expect(await runTask(store, deleteOlderThan({ table: 'event', column: 'at', maxAge: { days: 1 } }))).toMatchObject({
      status: 'done',
    })
  })

  test('hostile names are names', async ({ openWith }) => {
    const store = (await openWith(['person'])) as unknown as Store<any>
    const { integer } = columnTypes(store.db)
    for (const name of ['"; drop table person; --', "it's", 'select', 'a"b`c[d]']) {
      await sql`create table ${sql.id(name)} (id integer primary key, ${sql.id(`${name} at`)} ${integer})`.execute(
        store.db,
      )
      await sql`insert into ${sql.id(name)} values (1, 1), (2, null)`.execute(store.db)
      const column = `${name} at`
      const maxAge = { days: 1 }
      const tasks = [
        keepLatest({ table: name, orderBy: column, keep: 1, partitionBy: column, name: 'keep' }),
        deleteOlderThan({ table: name, column, maxAge, storedAs: 'epochMs' }),
      ]
      const report = await store.maintenance({ mode: 'light', tasks })
      expect(report.tasks.map(({ status, counters }) => [status, counters?.deletedRowCount])).toEqual([
        ['done', undefined],
        ['done', 1],
      ])
    }
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  test('a table or a column that is not there fails its own task with SYNTAX', async ({ open }) => {
    const store = await open<any>()
    await createEvents(store.db)
    await fillEvents(store.db, [20_000])
    const maxAge = { days: 1 }
    const report = await store.maintenance({
      mode: 'light',
      tasks: [
        deleteOlderThan({ table: 'nowhere', column: 'at', maxAge }),
        deleteOlderThan({ table: 'event', column: 'nothing', maxAge }),
        deleteOlderThan({ table: 'event', column: 'at', maxAge }),
      ],
    })
    expect(report.outcome).toBe('partial')
    expect(report.tasks.map(({ status, error }) => [status, (error as { code?: string } | undefined)?.code])).toEqual([
      ['failed', 'SYNTAX'],
      ['failed', 'SYNTAX'],
      ['done', undefined],
    ])
  })

  test('two tasks of one name are refused; with names of their own they both run', async ({ open }) => {
    const store = await open<any>()
    await createEvents(store.db)
    const options = { table: 'event', column: 'at', maxAge: { days: 1 } }
    const twice = store.maintenance({ tasks: [deleteOlderThan(options), deleteOlderThan(options)] })
    await expectCode(twice, 'INVALID_ARGUMENT')
    const named = [deleteOlderThan({ ...options, name: 'one' }), deleteOlderThan({ ...options, name: 'two' })]
    expect((await store.maintenance({ mode: 'light', tasks: named })).tasks.map(({ name }) => name)).toEqual([
      'one',
      'two',
    ])
  })

  test('task(): whatever it does is reported, what it throws too', async ({ open }) => {
    const store = await open<any>()
    const report = await store.maintenance({
      mode: 'light',
      tasks: [
        task({
          name: 'counts',
          run({ count }) {
            count('fileCount', 1)
            count('fileCount', 2)
          },
        }),
        task({
          name: 'throws',
          run: ({ count }) => {
            count('fileCount', 1)
            throw new Error('mine')
          },
        }),
      ],
    })
    expect(report.tasks).toMatchObject([
      { name: 'counts', status: 'done', counters: { fileCount: 3 } },
      { name: 'throws', status: 'failed', counters: { fileCount: 1 } },
    ])
  })

  test('options that are none are INVALID_ARGUMENT when the task is made', async () => {
    const age = { table: 'event', column: 'at', maxAge: { days: 1 } }
    const latest = { table: 'event', orderBy: 'at', keep: 1 }
    const where = { table: 'event', where: () => undefined }
    const wrong: readonly (readonly [(options: any) => unknown, object])[] = [
      [deleteOlderThan, { ...age, table: '' }],
      [deleteOlderThan, { ...age, table: 'event as e' }],
      [deleteOlderThan, { ...age, column: undefined }],
      [deleteOlderThan, { ...age, key: ' ' }],
      [deleteOlderThan, { ...age, maxAge: {} }],
      [deleteOlderThan, { ...age, maxAge: { days: 0 } }],
      [deleteOlderThan, { ...age, maxAge: { days: -1, hours: 48 } }],
      [deleteOlderThan, { ...age, maxAge: { days: Number.NaN } }],
      [deleteOlderThan, { ...age, maxAge: { months: 1 } }],
      [deleteOlderThan, { ...age, maxAge: 30 }],
      [deleteOlderThan, { ...age, batchSize: 0 }],
      [deleteOlderThan, { ...age, batchSize: 1001 }],
      [deleteOlderThan, { ...age, batchSize: 1.5 }],
      [deleteOlderThan, { ...age, onDeleted: 'yes' }],
      [deleteOlderThan, { ...age, retry: { attempts: 0 } }],
      [deleteOlderThan, { ...age, callbackTimeoutMs: 0 }],
      [deleteOlderThan, { ...age, scan: 'index' }],
      [deleteOlderThan, { ...age, storedAs: 'seconds' }],
      [deleteOlderThan, { ...age, name: '' }],
      [deleteOlderThan, { ...age, batch: 1 }],
      [deleteWhere, { ...where, where: undefined }],
      [deleteWhere, { ...where, column: 'at' }],
      [keepLatest, { ...latest, keep: -1 }],
      [keepLatest, { ...latest, keep: 0.5 }],
      [keepLatest, { ...latest, partitionBy: [''] }],
      [keepLatest, { ...latest, column: 'at' }],
      [keepLatest, { ...latest, olderThan: { days: 0 } }],
      [task, { name: 'one' }],
      [task, { name: '', run: () => undefined }],
    ]
    for (const [make, options] of wrong) {
      expect(await rejectionOf((async () => make(options))())).toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })
}
