/**
 * The tables of the demo: a catalogue of cities, dated snapshots of it, and the changes made by the traffic.
 *
 * It creates them empty, indexes included: an index on a filled table is one long statement, which would hold up the
 * traffic beside it.
 */
import { columnTypes } from '@upkeep/core'
import type { Generated, Kysely } from 'kysely'

/** A city as the application sees it. */
export interface City {
  readonly id: number
  readonly name: string
  readonly ascii_name: string
  readonly other_names: readonly string[]
  readonly country: string
  readonly feature_code: string
  readonly admin_code: string
  readonly population: number
  readonly elevation_m: number | null
  readonly latitude: number
  readonly longitude: number
  readonly timezone: string
  readonly modified_at: Date
}

/** The columns a snapshot copies as they are. */
export const COPIED_COLUMNS = [
  'name',
  'ascii_name',
  'other_names',
  'country',
  'feature_code',
  'admin_code',
  'population',
  'elevation_m',
  'latitude',
  'longitude',
  'timezone',
  'modified_at',
] as const

/** The tables as Kysely sees them. */
export interface DemoSchema {
  city: City
  city_snapshot: Omit<City, 'id'> & { id: Generated<number>; taken_at: Date; city_id: number }
  city_change: {
    id: Generated<number>
    city_id: number
    changed_at: Date
    population_before: number | null
    population_after: number | null
    note: string
  }
}

/** Creates tables and indexes. */
export async function createSchema(db: Kysely<DemoSchema>): Promise<void> {
  const type = columnTypes(db)
  const city = <T extends string>(name: T) =>
    db.schema
      .createTable(name)
      .addColumn('name', type.text, (column) => column.notNull())
      .addColumn('ascii_name', type.text, (column) => column.notNull())
      .addColumn('other_names', type.json, (column) => column.notNull())
      .addColumn('country', type.text, (column) => column.notNull())
      .addColumn('feature_code', type.text, (column) => column.notNull())
      .addColumn('admin_code', type.text, (column) => column.notNull())
      .addColumn('population', type.integer, (column) => column.notNull())
      .addColumn('elevation_m', type.integer)
      .addColumn('latitude', type.float, (column) => column.notNull())
      .addColumn('longitude', type.float, (column) => column.notNull())
      .addColumn('timezone', type.text, (column) => column.notNull())
      .addColumn('modified_at', type.instant, (column) => column.notNull())

  await city('city')
    .addColumn('id', type.integer, (column) => column.primaryKey())
    .execute()
  await db.schema.createIndex('city_by_country_name').on('city').columns(['country', 'ascii_name']).execute()

  await city('city_snapshot')
    .addColumn('id', type.integer, (column) => column.primaryKey())
    .addColumn('taken_at', type.instant, (column) => column.notNull())
    .addColumn('city_id', type.integer, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('city_snapshot_by_time').on('city_snapshot').columns(['taken_at', 'city_id']).execute()

  await db.schema
    .createTable('city_change')
    .addColumn('id', type.integer, (column) => column.primaryKey())
    .addColumn('city_id', type.integer, (column) => column.notNull().references('city.id'))
    .addColumn('changed_at', type.instant, (column) => column.notNull())
    .addColumn('population_before', type.integer)
    .addColumn('population_after', type.integer)
    .addColumn('note', type.text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('city_change_by_city').on('city_change').column('city_id').execute()
}
