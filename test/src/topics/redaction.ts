/**
 * What never comes out: a value that was bound, a literal of a statement, what an application's own error says. Every
 * line that is logged, every error and every report is searched for a planted secret, down to hidden properties.
 *
 * What the application has made itself is its own: the reason of its signal, the error of its callback, which are causes.
 * Not: stdout and stderr, which belong to whoever runs the process.
 */
import { isStoreError, json, type Store, type StoreLogger } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { findPlanted, PLANTED_BIGINT, PLANTED_BYTES, PLANTED_NUMBER, PLANTED_TEXT } from '../suite/planted.ts'
import { rejectionOf, type Suite, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** Of errors and reports: what the application has thrown. */
const OWN = ['cause', 'error'] as const

const PERSON = { id: 1, name: PLANTED_TEXT, age: PLANTED_NUMBER }

class Secret {
  readonly [PLANTED_TEXT] = PLANTED_TEXT
  // As the type of what is refused, this would be told.
  override = { name: PLANTED_TEXT }
}

type Failing = (db: Kysely<TestSchema>) => Promise<unknown>

const bound =
  (value: unknown): Failing =>
  (db) =>
    sql`select * from person where name = ${value}`.execute(db)

/** Every kind of failure that has a secret in the statement or bound to it. */
const FAILURES: Readonly<Record<string, Failing>> = {
  unique: (db) =>
    db
      .insertInto('person')
      .values({ ...PERSON, id: 2 })
      .execute(),
  'primary key': (db) =>
    db
      .insertInto('person')
      .values({ ...PERSON, name: `${PLANTED_TEXT}!` })
      .execute(),
  'not null': (db) =>
    db
      .insertInto('person')
      .values({ ...PERSON, id: PLANTED_NUMBER, name: null as never })
      .execute(),
  check: (db) =>
    db
      .updateTable('person')
      .set({ name: `${PLANTED_TEXT}!`, age: -PLANTED_NUMBER })
      .execute(),
  'foreign key': (db) => db.insertInto('pet').values({ id: 1, owner_id: PLANTED_NUMBER, name: PLANTED_TEXT }).execute(),
  'unknown table': (db) => sql`select ${PLANTED_TEXT}, ${PLANTED_NUMBER} from nowhere`.execute(db),
  'unknown column': (db) => sql`update person set nothing = ${PLANTED_BYTES}`.execute(db),
  'bad syntax, beside a bound value': (db) => sql`select ${PLANTED_TEXT} selekt ${json([PLANTED_TEXT])} x`.execute(db),
  'a literal where none may be': (db) => sql`select 1 ${sql.lit('one')} ${sql.lit(PLANTED_TEXT)}`.execute(db),
  'a number where none may be': (db) => sql`select 1 as one ${sql.lit(PLANTED_NUMBER)}`.execute(db),
  'a literal that does not end': (db) => sql.raw(`select '${PLANTED_TEXT.slice(0, 19)}`).execute(db),
  'an instance of a class': bound(new Secret()),
  'an object whose class is told by itself': bound(
    Object.create(Secret.prototype, { constructor: { value: { name: PLANTED_TEXT } } }),
  ),
  'an array': bound([PLANTED_TEXT]),
  'a symbol': bound(Symbol(PLANTED_TEXT)),
  'half a character': bound(`${PLANTED_TEXT}\ud800`),
  'a bigint beyond 64 bits': bound(PLANTED_BIGINT),
  'a document that throws': bound(
    json({
      toJSON: () => {
        throw new Error(PLANTED_TEXT)
      },
    }),
  ),
}

/** Every way to run one statement. */
const WAYS: Readonly<Record<string, (store: Store<TestSchema>, failing: Failing) => Promise<unknown>>> = {
  db: (store, failing) => failing(store.db),
  'store.transaction': (store, failing) => store.transaction(failing),
  'tx.nested': (store, failing) => store.transaction((tx) => tx.nested(failing)),
  'db.transaction': (store, failing) => store.db.transaction().execute(failing),
  withConnection: (store, failing) => store.withConnection(({ db }) => failing(db)),
}

/** A logger that keeps everything. */
function keepingLogger(): { readonly logger: StoreLogger; readonly lines: unknown[][] } {
  const lines: unknown[][] = []
  const keep =
    (level: string) =>
    (...line: unknown[]): void =>
      void lines.push([level, ...line])
  return { logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }, lines }
}

const throwPlanted = (): never => {
  throw Object.assign(new Error(PLANTED_TEXT), { detail: PLANTED_TEXT })
}

export const redaction: Topic = (suite) => {
  const { describe, expect, expectCode, test } = suite

  test('the search finds what it is to find, in whatever form', async () => {
    for (const planted of [
      PLANTED_TEXT,
      [{ deep: new Map([['x', new Error('x', { cause: PLANTED_TEXT })]]) }],
      PLANTED_BYTES,
      { n: PLANTED_NUMBER },
      encodeURIComponent(PLANTED_TEXT),
      JSON.stringify(JSON.stringify(PLANTED_TEXT)),
    ]) {
      expect(findPlanted(planted).length > 0).toBe(true)
    }
    expect(findPlanted([{ planted: 'secret' }, new Error('x'), 5n, null, undefined])).toEqual([])
  })

  describe('an error of a statement', () => {
    for (const [name, failing] of Object.entries(FAILURES)) {
      test(`${name}: nothing of it is told, its cause included`, async (t) => {
        const { logger, lines } = keepingLogger()
        const store = await t.openWith(['person', 'pet'], { logger })
        await store.db.insertInto('person').values(PERSON).execute()
        for (const way of Object.values(WAYS)) {
          const error = await rejectionOf(way(store, failing))
          expect(isStoreError(error)).toBe(true)
          expect(findPlanted(error)).toEqual([])
        }
        await store.close()
        expect(findPlanted(lines)).toEqual([])
      })
    }

    test('of a stream, of a doomed transaction and after an abort', async (t) => {
      const store = await t.openWith(['person'])
      await store.db.insertInto('person').values(PERSON).execute()
      const read = async (): Promise<void> => {
        const rows = store.db.selectFrom('person').select(sql`nothing`.as('x')).where('name', '=', PLANTED_TEXT)
        for await (const _row of rows.stream()) throw new Error('there is no such column')
      }
      expect(findPlanted(await rejectionOf(read()))).toEqual([])
      const aborting = new AbortController()
      const aborted = rejectionOf(
        store.transaction(
          async (tx) => {
            await tx
              .updateTable('person')
              .set({ name: `${PLANTED_TEXT}!` })
              .execute()
            aborting.abort()
            await tx.selectFrom('person').selectAll().where('name', '=', PLANTED_TEXT).execute()
          },
          { signal: aborting.signal },
        ),
      )
      expect(await aborted).toMatchObject({ code: 'ABORTED' })
      expect(findPlanted(await aborted)).toEqual([])
    })

    test('of a store that is closed', async (t) => {
      const store = await t.openWith(['person'])
      await store.close()
      for (const failing of Object.values(FAILURES))
        expect(findPlanted(await rejectionOf(failing(store.db)))).toEqual([])
    })
  })

  describe('what an application throws', () => {
    test('onBegin: it is the cause, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const error = await expectCode(store.maintenance({ onBegin: throwPlanted }), 'UNKNOWN')
      expect(error.cause).toMatchObject({ message: PLANTED_TEXT })
      expect(findPlanted([error, lines], OWN)).toEqual([])
    })

    test('a callback that throws or rejects is told by a word', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      for (const onProgress of [throwPlanted, async () => throwPlanted()]) {
        const before = lines.length
        const report = await store.maintenance({ mode: 'full', onProgress })
        await turns()
        expect(lines.length > before).toBe(true)
        expect(findPlanted([report, lines])).toEqual([])
      }
    })

    test('a task: it is the error of its report, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const report = await store.maintenance({
        tasks: [
          { name: 'throws', run: throwPlanted },
          { name: 'rejects', run: async () => throwPlanted() },
          { name: 'throws a text', run: () => Promise.reject(PLANTED_TEXT) },
        ],
      })
      expect(report.tasks.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
      expect(findPlanted(report).length > 0).toBe(true)
      expect(findPlanted([report, lines], OWN)).toEqual([])
    })

    test('the reason of a signal is the cause, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.openWith(['person'], { logger })
      const signal = AbortSignal.abort(new Error(PLANTED_TEXT))
      for (const outcome of [
        store.db.selectFrom('person').selectAll().execute({ signal }),
        store.transaction(async () => undefined, { signal }),
        store.withConnection(async () => undefined, { signal }),
        store.maintenance({ signal }),
        store.health({ signal }),
      ]) {
        const error = await expectCode(outcome, 'ABORTED')
        expect(error.cause).toBe(signal.reason)
        expect(findPlanted(error, OWN)).toEqual([])
      }
      await store.close({ signal })
      expect(findPlanted(lines)).toEqual([])
    })

    test('an attachment that does not stop: the close is not clean, and says nothing of it', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      store.attach({ stop: throwPlanted })
      const report = await store.close()
      expect(report.clean).toBe(false)
      expect(lines.length > 0).toBe(true)
      expect(findPlanted([report, lines])).toEqual([])
    })
  })

  test('a close that cuts work short: neither its error nor its line tells what was at work', async (t) => {
    const { logger, lines } = keepingLogger()
    const store = await t.openWith(['person'], { logger })
    const begun = createGate()
    const outcome = rejectionOf(
      store.transaction(async (tx) => {
        await tx.insertInto('person').values(PERSON).execute()
        begun.open()
        await createGate().opened
      }),
    )
    await begun.opened
    const report = await store.close({ drainMs: 0 })
    expect(report.clean).toBe(false)
    expect(lines.length > 0).toBe(true)
    expect(findPlanted([await outcome, report, lines])).toEqual([])
  })

  test('reports and counters of a store that is full of it', async (t) => {
    const { logger, lines } = keepingLogger()
    const store = await t.openWith(['person', 'sample'], { logger })
    await store.db.insertInto('person').values(PERSON).execute()
    await store.db
      .insertInto('sample')
      .values({ id: 1, doc: json({ [PLANTED_TEXT]: PLANTED_TEXT }), data: PLANTED_BYTES } as never)
      .execute()
    const told = [await store.health(), await store.maintenance({ mode: 'full' }), store.stats(), await store.close()]
    // Opened, maintained, maintained at the close, closed: nothing that anybody has to look at.
    expect(lines.map(([level]) => level)).toEqual(['debug', 'debug', 'debug', 'debug'])
    expect(findPlanted([told, lines])).toEqual([])
  })

  test('the location has no credentials', async (t) => {
    const store = await t.open()
    expect(/:\/\/[^/]*@|password=/i.test(store.location)).toBe(false)
  })

  brokenLogger(suite)
}

function brokenLogger({ expect, test }: Suite): void {
  test('a logger that throws breaks nothing', async (t) => {
    const throwing = (): never => throwPlanted()
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing }
    const store = await t.openWith(['person'], { logger })
    await store.db.insertInto('person').values(PERSON).execute()
    const report = await store.maintenance({ mode: 'light', onProgress: throwPlanted })
    expect(report.outcome).toBe('ok')
    store.attach({ stop: throwPlanted })
    expect((await store.close()).clean).toBe(false)
    expect(store.status).toBe('closed')
  })
}
