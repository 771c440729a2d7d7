/** The first error wins: where SQLite rolls back by itself, our ROLLBACK fails, and must not be what is heard of. */

import { isStoreError, type StoreErrorCode } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }

/** Statements after which SQLite has rolled the transaction back already, and the code each must give. */
const ROLLING_BACK: Readonly<Record<string, readonly [StoreErrorCode, (tx: Kysely<TestSchema>) => Promise<unknown>]>> =
  {
    'insert or rollback': [
      'CONSTRAINT',
      (tx) => sql`insert or rollback into person (id, name) values (1, 'again')`.execute(tx),
    ],
    'raise(rollback) in a trigger': [
      'CONSTRAINT',
      (tx) => tx.insertInto('counter').values({ id: 2, value: -1 }).execute(),
    ],
  }

export const firstError: Topic = ({ describe, expect, expectCode, test }) => {
  for (const [name, [code, provoke]] of Object.entries(ROLLING_BACK)) {
    describe(name, () => {
      const prepare = async (db: Kysely<TestSchema>): Promise<void> => {
        await sql`create trigger refuse before insert on counter when new.value < 0
          begin select raise(rollback, 'refused'); end`.execute(db)
        await db.insertInto('person').values(ANN).execute()
      }

      test('store.transaction rejects with it', async ({ openWith }) => {
        const store = await openWith(['person', 'counter'])
        await prepare(store.db)
        const outcome = store.transaction(async (tx) => {
          await tx.updateTable('person').set({ age: 5 }).execute()
          await provoke(tx)
        })
        await expectCode(outcome, code)
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })

      test('db.transaction rejects with it', async ({ openWith }) => {
        const store = await openWith(['person', 'counter'])
        await prepare(store.db)
        await expectCode(
          store.db.transaction().execute((tx) => provoke(tx)),
          code,
        )
        await store.db.updateTable('person').set({ age: 6 }).execute()
      })

      test('a nested block rejects with it, and so does the transaction around it', async ({ openWith }) => {
        const store = await openWith(['person', 'counter'])
        await prepare(store.db)
        const outcome = store.transaction(async (tx) => {
          await tx.updateTable('person').set({ age: 5 }).execute()
          await tx.nested((inner) => provoke(inner))
        })
        await expectCode(outcome, code)
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })

      test('when it is caught, nothing more is written: no statement runs outside the transaction', async ({
        openWith,
      }) => {
        const store = await openWith(['person', 'counter'])
        await prepare(store.db)
        const outcome = store.transaction(async (tx) => {
          await rejectionOf(provoke(tx))
          const further = await rejectionOf(tx.updateTable('person').set({ age: 5 }).execute())
          expect(isStoreError(further)).toBe(true)
        })
        expect(isStoreError(await rejectionOf(outcome))).toBe(true)
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })
    })
  }

  test('a database that is full says FULL, by every kind of transaction', async ({ openWith }) => {
    const store = await openWith(['sample'])
    await store.db.connection().execute(async (db) => {
      const { page_count: pages } = (await sql<{ page_count: number }>`pragma page_count`.execute(db)).rows[0] ?? {
        page_count: 0,
      }
      await sql`pragma max_page_count = ${sql.lit(pages + 20)}`.execute(db)
      const outcome = db.transaction().execute(async (tx) => {
        for (let id = 1; id <= 1000; id++)
          await tx
            .insertInto('sample')
            .values({ id, data: new Uint8Array(4000) })
            .execute()
      })
      await expectCode(outcome, 'FULL')
      expect(await db.selectFrom('sample').selectAll().execute()).toEqual([])
    })
    await store.db
      .insertInto('sample')
      .values({ id: 1, data: new Uint8Array(500_000) })
      .execute()
  })
}
