/** The tables the suite works on, in portable column types. */
import { columnTypes, type Store } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'

/** One column of each kind, all nullable but `id`. */
export interface SampleTable {
  id: number
  flag: boolean | null
  count: number | bigint | null
  ratio: number | null
  price: string | null
  at: Date | null
  doc: unknown
  data: Uint8Array | null
  label: string | null
  tag: string | null
}

/** The tables of the suite. */
export interface TestSchema {
  person: { id: number; name: string; age: number | null }
  pet: { id: number; owner_id: number; name: string }
  counter: { id: number; value: number }
  sample: SampleTable
}

const CREATE: { readonly [Table in keyof TestSchema]: (db: Kysely<any>) => Promise<void> } = {
  person: async (db) => {
    const types = columnTypes(db)
    await db.schema
      .createTable('person')
      .addColumn('id', types.integer, (column) => column.primaryKey())
      .addColumn('name', types.text, (column) => column.notNull().unique())
      .addColumn('age', types.integer)
      .addCheckConstraint('age_is_possible', sql`age >= 0`)
      .execute()
  },
  pet: async (db) => {
    const types = columnTypes(db)
    await db.schema
      .createTable('pet')
      .addColumn('id', types.integer, (column) => column.primaryKey())
      .addColumn('owner_id', types.integer, (column) => column.notNull().references('person.id'))
      .addColumn('name', types.text, (column) => column.notNull())
      .execute()
  },
  counter: async (db) => {
    const types = columnTypes(db)
    await db.schema
      .createTable('counter')
      .addColumn('id', types.integer, (column) => column.primaryKey())
      .addColumn('value', types.integer, (column) => column.notNull())
      .execute()
    await db.insertInto('counter').values({ id: 1, value: 0 }).execute()
  },
  sample: async (db) => {
    const types = columnTypes(db)
    await db.schema
      .createTable('sample')
      .addColumn('id', types.integer, (column) => column.primaryKey())
      .addColumn('flag', types.boolean)
      .addColumn('count', types.integer)
      .addColumn('ratio', types.float)
      .addColumn('price', types.decimal)
      .addColumn('at', types.instant)
      .addColumn('doc', types.json)
      .addColumn('data', types.bytes)
      .addColumn('label', types.text)
      .addColumn('tag', types.uuid)
      .execute()
  },
}

/** Creates the named tables; `counter` with its row `{ id: 1, value: 0 }`. */
export async function createTables(store: Store<any>, ...names: readonly (keyof TestSchema)[]): Promise<void> {
  for (const name of names) await CREATE[name](store.db)
}
