// Who may read what a store makes: files 0600, directories 0750, whatever the umask allows; what is there already keeps
// what it has.
import { chmodSync, mkdirSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

let umask: number
beforeEach(() => {
  umask = process.umask(0)
})
afterEach(() => {
  process.umask(umask)
})

describe('with a umask that allows everything', () => {
  it('the database, its log and its shared memory are for their owner alone', async () => {
    const { path, mode, files } = tempFolder()
    const store = await openSqliteStore({ path: path('app.db') })
    await sql`create table t (a)`.execute(store.db)
    expect(files()).toEqual(['app.db', 'app.db-shm', 'app.db-wal'])
    expect(files().map((name) => mode(name))).toEqual(['0600', '0600', '0600'])
    await store.close()
  })

  it('and so is all that maintenance leaves beside it', async () => {
    const { path, mode, files } = tempFolder()
    const store = await openSqliteStore({ path: path('app.db') })
    await sql`create table t (a)`.execute(store.db)
    await store.maintenance({ mode: 'full' })
    expect(files().map((name) => [name, mode(name)])).toEqual(files().map((name) => [name, '0600']))
    await store.close()
    expect(files().map((name) => [name, mode(name)])).toEqual(files().map((name) => [name, '0600']))
  })

  it('each directory on the way is for its owner, and its group may look', async () => {
    const { path, mode } = tempFolder()
    const store = await openSqliteStore({ path: path('a', 'b', 'c', 'app.db') })
    expect([mode('a'), mode('a', 'b'), mode('a', 'b', 'c')]).toEqual(['0750', '0750', '0750'])
    await store.close()
  })

  it('what is there already keeps its permissions, and the log takes those of the database', async () => {
    const { path, mode } = tempFolder()
    mkdirSync(path('shared'), { mode: 0o777 })
    const first = await openSqliteStore({ path: path('shared', 'app.db') })
    await first.close()
    chmodSync(path('shared', 'app.db'), 0o664)
    const second = await openSqliteStore({ path: path('shared', 'app.db') })
    await sql`create table t (a)`.execute(second.db)
    expect([mode('shared'), mode('shared', 'app.db'), mode('shared', 'app.db-wal')]).toEqual(['0777', '0664', '0664'])
    await second.close()
  })
})

it('a stricter umask is respected', async () => {
  process.umask(0o177)
  const { path, mode } = tempFolder()
  const store = await openSqliteStore({ path: path('app.db'), logger: quietLogger() })
  expect(mode('app.db')).toBe('0600')
  await store.close()
})
