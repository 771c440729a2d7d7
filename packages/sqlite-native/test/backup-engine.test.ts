// What a backup does on an engine that no option makes: a copy that comes out damaged, a database without a log.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { type Engine, systemClock } from '@upkeep/core'
import {
  openSqliteEngine,
  SQLITE_DEFAULTS,
  type SqliteBackupFile,
  type SqliteEngineOptions,
  type SqlitePort,
} from '@upkeep/core/sqlite'
import { CompiledQuery } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { codeOf, track, turns } from '../../core/test/support/outcome.ts'
import { nodeBackupFiles } from '../dist/backup-file.js'
import { loadBetterSqlite3 } from '../dist/better-sqlite3-port.js'
import { MaintenanceProcess } from '../dist/maintenance-process.js'
import { tempFolder } from './support/temp-folder.ts'

const setup = { extensions: [], setupModule: undefined }
const options = { ...SQLITE_DEFAULTS, durability: 'normal', busyTimeoutMs: 0 } as const
const run = {
  overwrite: false,
  verify: false,
  signal: new AbortController().signal,
  progress: (): void => undefined,
}

async function openEngine(path: string, more: Partial<SqliteEngineOptions>, rows: number): Promise<Engine> {
  const engine = await openSqliteEngine({
    name: 'test',
    port: await loadBetterSqlite3(setup),
    path,
    options,
    clock: systemClock,
    log: { warn: () => undefined, error: () => undefined },
    backups: nodeBackupFiles,
    ...more,
  })
  onTestFinished(async () => void (await engine.close()))
  await engine.execute(CompiledQuery.raw('create table t (a)'), {})
  const insert = `insert into t with recursive n(n) as (values (1) union all select n + 1 from n where n < ${rows})
    select randomblob(1000) from n`
  await engine.execute(CompiledQuery.raw(insert), {})
  return engine
}

it('a copy that the check finds damaged is CORRUPT, gets no name and is removed', async () => {
  const { path, files } = tempFolder()
  const damaging = (file: SqliteBackupFile): SqliteBackupFile => ({
    target: file.target,
    path: file.path,
    sizeBytes: () => file.sizeBytes(),
    freeBytes: () => file.freeBytes(),
    sync: async () => writeFileSync(file.path, readFileSync(file.path).fill(0xff, 8192, 12_288)),
    publish: () => file.publish(),
    discard: () => file.discard(),
  })
  const backups = {
    open: async (...args: Parameters<typeof nodeBackupFiles.open>) => damaging(await nodeBackupFiles.open(...args)),
  }
  const engine = await openEngine(':memory:', { backups }, 100)
  expect(await codeOf(() => engine.backup({ ...run, path: path('copy.db'), verify: true }))).toBe('CORRUPT')
  expect(files()).toEqual([])
  await engine.backup({ ...run, path: path('copy.db') })
  expect(files()).toEqual(['copy.db'])
})

/** `port`, on which no database gets a write-ahead log, as on a file system that has no shared memory. */
function withoutLog(port: SqlitePort): SqlitePort {
  return {
    resultCode: (error) => port.resultCode(error),
    open(path, use) {
      const db = port.open(path, use)
      return {
        raw: db.raw,
        get inTransaction() {
          return db.inTransaction
        },
        prepare: (sql) => db.prepare(sql.replace('journal_mode = WAL', 'journal_mode = DELETE')),
        exec: (sql) => db.exec(sql),
        close: () => db.close(),
      }
    },
  }
}

it('where there is no log, a writer waits for the copy, past its busy timeout, and is not BUSY', async () => {
  const { path, files } = tempFolder()
  const port = withoutLog(await loadBetterSqlite3(setup))
  const openOffload = (): MaintenanceProcess =>
    new MaintenanceProcess({ path: path('app.db'), options, setup, file: undefined })
  const engine = await openEngine(path('app.db'), { port, openOffload }, 40_000)
  expect([engine.capabilities.writeAheadLog, engine.capabilities.backup]).toEqual([false, 'process'])
  const backing = track(engine.backup({ ...run, path: path('copy.db') }))
  const written = (): number => {
    const name = files().find((one) => one.endsWith('.upkeep-tmp'))
    return name === undefined ? 0 : (statSync(path(name), { throwIfNoEntry: false })?.size ?? 0)
  }
  while (written() === 0) await turns(1)
  const writing = track(Promise.resolve(engine.execute(CompiledQuery.raw("insert into t values ('late')"), {})))
  await turns(3)
  expect([backing.settled, writing.settled]).toEqual([false, false])
  await Promise.all([backing.promise, writing.promise])
})
