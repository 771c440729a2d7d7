// Kysely's own Migrator over the bare dialect: SQLite's stock dialect has no migration lock, ours has. Migrations through
// the Store are tested by the suite.
import { SqliteNativeDialect } from '@upkeep/sqlite-native'
import { Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { describe, expect, it } from 'vitest'
import { tempFolder } from './support/temp-folder.ts'

const open = (path = tempFolder().path('app.db')): Kysely<any> =>
  new Kysely({ dialect: new SqliteNativeDialect({ path }) })

describe("Kysely's Migrator", () => {
  const migrations: Record<string, Migration> = {
    '1': { up: (db) => db.schema.createTable('a').addColumn('id', 'integer').execute() },
    '2': { up: (db) => db.schema.alterTable('a').addColumn('name', 'text').execute() },
  }
  const migratorOf = (db: Kysely<any>) => new Migrator({ db, provider: { getMigrations: async () => migrations } })

  it('migrates, and two at once do it once', async () => {
    const path = tempFolder().path('app.db')
    const [one, two] = [open(path), open(path)]
    const results = await Promise.all([migratorOf(one).migrateToLatest(), migratorOf(two).migrateToLatest()])
    expect(results.map(({ error }) => error)).toEqual([undefined, undefined])
    const done = results
      .flatMap(({ results: steps }) => steps ?? [])
      .map(({ migrationName, status }) => [migrationName, status])
    expect(done).toEqual([
      ['1', 'Success'],
      ['2', 'Success'],
    ])
    await one.destroy()
    await two.destroy()
  })

  it('tells of a migration that fails, and migrates again when it is mended', async () => {
    const db = open()
    const bad = {
      ...migrations,
      '3': { up: async (one: Kysely<any>) => void (await sql`alter table nope add x`.execute(one)) },
    }
    const failing = await new Migrator({ db, provider: { getMigrations: async () => bad } }).migrateToLatest()
    expect(failing.error).toMatchObject({ code: 'SYNTAX' })
    const good = { ...bad, '3': { up: (one: Kysely<any>) => one.schema.dropTable('a').execute() } }
    const mended = await new Migrator({ db, provider: { getMigrations: async () => good } }).migrateToLatest()
    expect(mended.error).toBeUndefined()
    await db.destroy()
  })
})
