// An application from outside, with what is published and nothing else. Each package is imported as a whole too: the
// compiler then reads every declaration of it.
import * as conformance from '@upkeep/conformance'
import * as core from '@upkeep/core'
import { openStore, type Store, StoreError, type StoreTransaction } from '@upkeep/core'
import * as backend from '@upkeep/core/backend'
import * as sqlite from '@upkeep/core/sqlite'
import * as postgres from '@upkeep/postgres'
import * as sqliteNative from '@upkeep/sqlite-native'
import type { Generated } from 'kysely'

interface Schema {
  note: { id: Generated<number>; title: string }
}

for (const [name, module] of Object.entries({ backend, conformance, core, postgres, sqlite, sqliteNative })) {
  if (Object.keys(module).length === 0) throw new Error(`${name} exports nothing`)
}

const store: Store<Schema> = await openStore<Schema>('sqlite::memory:', { backends: [sqliteNative.sqliteNative()] })
await store.db.schema
  .createTable('note')
  .addColumn('id', 'integer', (column) => column.primaryKey())
  .addColumn('title', 'text', (column) => column.notNull().unique())
  .execute()
await store.transaction(async (tx: StoreTransaction<Schema>) => {
  await tx.insertInto('note').values({ title: 'first' }).execute()
  await tx.nested((inner) => inner.insertInto('note').values({ title: 'second' }).execute())
})
const titles: string[] = (await store.db.selectFrom('note').select('title').orderBy('id').execute()).map(
  (row) => row.title,
)
if (titles.join() !== 'first,second') throw new Error(`read back: ${titles.join()}`)

const code = await store.db
  .insertInto('note')
  .values({ title: 'first' })
  .execute()
  .then(
    () => 'no error',
    (error: unknown) => (error instanceof StoreError ? error.code : error),
  )
if (code !== 'CONSTRAINT') throw new Error(`a duplicate gave ${String(code)}`)

const report = await store.close()
if (!report.clean) throw new Error('the close was not clean')
