// A signal that lives as long as the application, given to everything: nothing of what is over may hang on it.
import { getEventListeners } from 'node:events'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { tempFolder } from './support/temp-folder.ts'

it('lets go of what has succeeded, waited or failed', async () => {
  const { signal } = new AbortController()
  const store = await openSqliteStore({ path: tempFolder().path('app.db'), signal })
  await sql`create table t (a)`.execute(store.db, { signal })
  const insert = (db: typeof store.db): Promise<unknown> => sql`insert into t values (1)`.execute(db, { signal })
  await Promise.all([1, 2, 3].map(() => insert(store.db)))
  await store.transaction(
    async (tx) => {
      const waiting = store.detached(() => insert(store.db))
      await insert(tx)
      return { waiting }
    },
    { signal },
  )
  await store.transaction(insert, { signal, timeoutMs: 60_000, retry: { attempts: 2 } })
  await store.withConnection(({ db }) => insert(db), { signal })
  await store.db.connection().execute(insert, { signal })
  for await (const _ of store.db.selectFrom('t').selectAll().stream({ chunkSize: 1, signal }));
  expect(await codeOf(() => sql`nonsense`.execute(store.db, { signal }))).toBe('SYNTAX')
  await store.migrate(
    { getMigrations: async () => ({ one: { up: async (db) => void (await insert(db)) } }) },
    { signal },
  )
  await Promise.all([store.maintenance({ signal }), store.maintenance({ signal })])
  await store.health({ signal })
  await store.close({ signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
