// Which file systems get no write-ahead log: by the numbers of Linux, and on those that this machine has.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { chooseJournal, classifyFileSystem, fileSystemOf } from '../dist/file-system.js'
import { quietLogger } from './support/quiet-logger.ts'
import { answerOfNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

const isLinux = process.platform === 'linux'

describe('classifyFileSystem', () => {
  it.each<[number, string, string]>([
    [0x6969, 'network', 'NFS'],
    [0x517b, 'network', 'SMB'],
    [0xff534d42, 'network', 'CIFS'],
    // As 32 bits with a sign.
    [0xff534d42 | 0, 'network', 'CIFS'],
    [0xfe534d42, 'network', 'SMB2'],
    [0x01021997, 'network', '9P, the drives of WSL among them'],
    [0x5346414f, 'network', 'AFS'],
    [0x00c36400, 'network', 'Ceph'],
    [0x0bd00bd0, 'network', 'Lustre'],
    [0x786f4256, 'network', 'vboxsf'],
    [0x65735546, 'fuse', 'FUSE'],
    [0xef53, 'local', 'ext4'],
    [0x01021994, 'local', 'tmpfs'],
    [0x12345678, 'unknown', 'unknown'],
  ])('%i is %s, %s', (type, kind, name) => {
    expect(classifyFileSystem(type, 'linux')).toEqual({ kind, name })
  })

  it('knows nothing where it cannot ask, and on other systems, whose numbers mean something else', () => {
    expect(classifyFileSystem(undefined, 'linux').kind).toBe('unknown')
    expect(classifyFileSystem(0x6969, 'darwin').kind).toBe('unknown')
    expect(classifyFileSystem(0x6969, 'win32').kind).toBe('unknown')
  })

  it.runIf(isLinux)('asks about the directory, since the file may not be there', () => {
    const asked: string[] = []
    const readType = (directory: string): number => {
      asked.push(directory)
      return 0x6969
    }
    expect(fileSystemOf('/data/shop/app.db', readType).name).toBe('NFS')
    expect(asked).toEqual(['/data/shop'])
  })
})

describe('chooseJournal', () => {
  const nfs = { name: 'NFS', kind: 'network' } as const
  const fuse = { name: 'FUSE', kind: 'fuse' } as const

  it('by itself: a rollback journal where the log is known to fail, a warning on FUSE, nothing elsewhere', () => {
    const log = quietLogger()
    expect(chooseJournal(nfs, undefined, log)).toBe('rollback')
    expect(chooseJournal(fuse, undefined, log)).toBe('wal')
    expect(log.messages.length).toBe(2)
    for (const kind of ['local', 'unknown'] as const) {
      for (const policy of [undefined, 'refuse', 'rollback-journal', 'warn'] as const) {
        expect(chooseJournal({ name: 'any', kind }, policy, log)).toBe('wal')
      }
    }
    expect(log.messages.length).toBe(2)
  })

  it.each([nfs, fuse])('$name: as it was asked for', async (system) => {
    const log = quietLogger()
    expect(chooseJournal(system, 'rollback-journal', log)).toBe('rollback')
    expect(chooseJournal(system, 'warn', log)).toBe('wal')
    expect(log.messages.every((message) => message.includes(system.name))).toBe(true)
    expect(await codeOf(async () => chooseJournal(system, 'refuse', log))).toBe('UNSUPPORTED')
  })
})

const isTmpfs = isLinux && fileSystemOf('/dev/shm/x').name === 'tmpfs'

it.runIf(isTmpfs)('tmpfs is local: a log, whatever the policy, and no word', async () => {
  const folder = mkdtempSync('/dev/shm/upkeep-')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const logger = quietLogger()
  const store = await openSqliteStore({ path: join(folder, 'app.db'), networkFileSystem: 'refuse', logger })
  expect(store.capabilities).toMatchObject({ writeAheadLog: true, reopen: true })
  await store.close()
  expect(logger.messages).toEqual([])
})

const hasFuse =
  isLinux && statSync('/dev/fuse', { throwIfNoEntry: false }) !== undefined && spawnSync('bindfs', ['-V']).status === 0

/** A folder that a process in user space passes on from another one. */
function fuseFolder(): string {
  const { path } = tempFolder()
  const [source, mounted] = [path('source'), path('mounted')]
  mkdirSync(source)
  mkdirSync(mounted)
  execFileSync('bindfs', [source, mounted])
  onTestFinished(() => void execFileSync('fusermount', ['-u', mounted]))
  return mounted
}

describe.runIf(hasFuse)('FUSE', () => {
  it('is recognised, warned of, and can be refused; nothing is made then', async () => {
    const folder = fuseFolder()
    const logger = quietLogger()
    expect(fileSystemOf(join(folder, 'app.db')).name).toBe('FUSE')
    expect(await codeOf(() => openSqliteStore({ path: join(folder, 'no.db'), networkFileSystem: 'refuse' }))).toBe(
      'UNSUPPORTED',
    )
    expect(statSync(join(folder, 'no.db'), { throwIfNoEntry: false })).toBe(undefined)
    const store = await openSqliteStore({ path: join(folder, 'app.db'), logger })
    expect([store.capabilities.writeAheadLog, logger.messages.length]).toEqual([true, 1])
    await sql`create table t (a)`.execute(store.db)
    await store.close()
  })

  it("with 'rollback-journal' has one connection and no log, also when there was one, and knows its file", async () => {
    const folder = fuseFolder()
    const path = join(folder, 'app.db')
    const logger = quietLogger()
    const before = await openSqliteStore({ path, networkFileSystem: 'warn', logger })
    await sql`create table t (a)`.execute(before.db)
    await before.close()
    const store = await openSqliteStore<any>({ path, networkFileSystem: 'rollback-journal', logger })
    const { writeAheadLog, concurrentReads, reopen } = store.capabilities
    expect({ writeAheadLog, concurrentReads, reopen }).toEqual({
      writeAheadLog: false,
      concurrentReads: false,
      reopen: true,
    })
    expect((await sql`pragma journal_mode`.execute(store.db)).rows).toEqual([{ journal_mode: 'delete' }])
    expect((await sql`pragma locking_mode`.execute(store.db)).rows).toEqual([{ locking_mode: 'normal' }])
    await sql`insert into t values (1)`.execute(store.db)
    // Another process gets in: no lock has been kept.
    const rows = await answerOfNode<unknown>(`
      import Database from 'better-sqlite3'
      import { renameSync } from 'node:fs'
      const db = new Database(${JSON.stringify(path)})
      db.exec('insert into t values (2)')
      console.log(JSON.stringify(db.prepare('select a from t').all()))
      db.close()
      renameSync(${JSON.stringify(path)}, ${JSON.stringify(`${path}.old`)})`)
    expect(rows).toEqual([{ a: 1 }, { a: 2 }])
    expect(await codeOf(() => sql`insert into t values (3)`.execute(store.db))).toBe('REPLACED')
    expect(await store.close()).toMatchObject({ clean: false, failure: 'REPLACED', setAside: [] })
  })
})

it.runIf(isLinux && !hasFuse)('NOT RUN: a mount by FUSE, since there is no /dev/fuse or no bindfs here', () => {
  expect(hasFuse).toBe(false)
})
