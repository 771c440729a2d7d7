// The engine that a network file system gets, on a disk that would not need it: a rollback journal, one connection, and
// a database that had a log before is switched back, or is BUSY.
import { type Engine, type EngineSession, systemClock } from '@upkeep/core'
import { openSqliteEngine, SQLITE_DEFAULTS } from '@upkeep/core/sqlite'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { CompiledQuery, sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { loadBetterSqlite3 } from '../dist/better-sqlite3-port.js'
import { nodeFiles } from '../dist/node-files.js'
import { quietLogger } from './support/quiet-logger.ts'
import { startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

async function openEngine(path: string): Promise<Engine> {
  const engine = await openSqliteEngine({
    name: 'rollback',
    port: await loadBetterSqlite3({ extensions: [], setupModule: undefined }),
    path,
    options: { ...SQLITE_DEFAULTS, busyTimeoutMs: 0 },
    clock: systemClock,
    log: quietLogger(),
    files: nodeFiles,
    journal: 'rollback',
  })
  onTestFinished(async () => void (await engine.close()))
  return engine
}

async function ask(engine: Engine | EngineSession, text: string): Promise<readonly unknown[]> {
  return (await engine.execute(CompiledQuery.raw(text), {})).rows
}

async function createWithLog(path: string): Promise<void> {
  const store = await openSqliteStore({ path })
  await sql`create table t (a)`.execute(store.db)
  await sql`insert into t values (1)`.execute(store.db)
  await store.close({ maintenanceOnClose: false })
}

it('a new database and one that had a log: no log, one connection, no lock that is kept', async () => {
  const { path, files } = tempFolder()
  await createWithLog(path('old.db'))
  for (const name of ['new.db', 'old.db']) {
    const engine = await openEngine(path(name))
    const { writeAheadLog, concurrentReads, reopen } = engine.capabilities
    expect([writeAheadLog, concurrentReads, reopen]).toEqual([false, false, true])
    expect(await ask(engine, 'pragma journal_mode')).toEqual([{ journal_mode: 'delete' }])
    await ask(engine, 'create table if not exists t (a)')
    await ask(engine, 'insert into t values (2)')
    expect(await ask(engine, 'select max(a) as a from t')).toEqual([{ a: 2 }])
    expect(files().filter((one) => /-(?:wal|shm|journal)$/.test(one))).toEqual([])
    // Another one gets in beside it.
    const beside = await openEngine(path(name))
    await ask(beside, 'insert into t values (3)')
    expect(await ask(engine, 'select max(a) as a from t')).toEqual([{ a: 3 }])
  }
})

it('a database whose log is in use by another process cannot be switched: BUSY, and it stays as it was', async () => {
  const { path } = tempFolder()
  await createWithLog(path('app.db'))
  const other = startNode(`
    import { openSqliteStore } from '@upkeep/sqlite-native'
    import { sql } from 'kysely'
    const store = await openSqliteStore({ path: ${JSON.stringify(path('app.db'))} })
    await sql\`insert into t values (2)\`.execute(store.db)
    console.log('ready')
    process.stdin.once('data', () => store.close().then(() => process.exit()))`)
  expect(await other.line()).toBe('ready')
  expect(await codeOf(() => openEngine(path('app.db')))).toBe('BUSY')
  other.child.stdin?.write('close\n')
  await other.finished
  const engine = await openEngine(path('app.db'))
  expect(await ask(engine, 'select count(*) as n from t')).toEqual([{ n: 2 }])
  expect(await ask(engine, 'pragma journal_mode')).toEqual([{ journal_mode: 'delete' }])
})
