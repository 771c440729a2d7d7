/**
 * What no error tells: a value that was bound, a literal of the statement. Every error is searched for a planted secret,
 * down to hidden properties and its cause.
 *
 * Not: what is logged and reported; see logging.ts. Nor stdout and stderr, which belong to whoever runs the process.
 */
import { isStoreError, json, type Store } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { keepingLogger } from '../suite/keeping-logger.ts'
import { findPlanted, PLANTED_BIGINT, PLANTED_BYTES, PLANTED_NUMBER, PLANTED_TEXT } from '../suite/planted.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

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

export const redaction: Topic = ({ describe, expect, test }) => {
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
}
