// What a backup is as a file, where it may be written, and what it leaves alone. That it is one moment of the database
// is tested by the suite.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { relative } from 'node:path'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { answerOfNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

async function openDatabase(path: string): Promise<Awaited<ReturnType<typeof openSqliteStore<any>>>> {
  const store = await openSqliteStore<any>({ path, durability: 'normal' })
  onTestFinished(async () => void (await store.close({ maintenanceOnClose: false })))
  await sql`create table t (a)`.execute(store.db)
  await sql`insert into t values ('kept'), ('secret words'), ('kept too')`.execute(store.db)
  await sql`delete from t where a = 'secret words'`.execute(store.db)
  return store
}

describe('the file', () => {
  it('is private, alone, without a log, and has nothing that was deleted', async () => {
    const { path, files, mode } = tempFolder()
    mkdirSync(path('to'))
    const store = await openDatabase(path('app.db'))
    const { sizeBytes } = await store.backup(path('to', 'copy.db'), { verify: true })
    expect([files(), mode('to', 'copy.db'), statSync(path('to', 'copy.db')).nlink]).toEqual([
      ['app.db', 'app.db-shm', 'app.db-wal', 'to'],
      '0600',
      1,
    ])
    const bytes = readFileSync(path('to', 'copy.db'))
    expect([bytes.length, bytes.includes('kept too'), bytes.includes('secret')]).toEqual([sizeBytes, true, false])
    // Write version and read version: 1 is a rollback journal. Source: https://www.sqlite.org/fileformat2.html
    expect([...bytes.subarray(18, 20)]).toEqual([1, 1])
  })

  it('keeps the rowids of a table without a key, and incremental vacuum', async () => {
    const { path } = tempFolder()
    const store = await openDatabase(path('app.db'))
    await store.backup(path('copy.db'))
    const copy = await openSqliteStore<any>({ path: path('copy.db'), readOnly: true })
    onTestFinished(async () => void (await copy.close()))
    expect((await sql`select rowid, a from t`.execute(copy.db)).rows).toEqual([
      { rowid: 1, a: 'kept' },
      { rowid: 3, a: 'kept too' },
    ])
    expect((await sql`pragma auto_vacuum`.execute(copy.db)).rows).toEqual([{ auto_vacuum: 2 }])
  })

  it('has a private mode also where it replaces one that all may read, whose other names keep what they had', async () => {
    const { path, mode } = tempFolder()
    const store = await openDatabase(path('app.db'))
    writeFileSync(path('copy.db'), 'old', { mode: 0o644 })
    linkSync(path('copy.db'), path('other-name'))
    await store.backup(path('copy.db'), { overwrite: true })
    expect([mode('copy.db'), readFileSync(path('other-name'), 'utf8')]).toEqual(['0600', 'old'])
  })

  it('may be given by a relative path', async () => {
    const { path } = tempFolder()
    const store = await openDatabase(path('app.db'))
    const { location } = await store.backup(relative(process.cwd(), path('copy.db')))
    expect(location).toBe(path('copy.db'))
  })

  it.runIf(process.platform === 'linux')('may be on another file system', async () => {
    const { path, folder } = tempFolder()
    const store = await openDatabase(path('app.db'))
    const elsewhere = `/dev/shm/upkeep-${process.pid}.db`
    onTestFinished(() => rmSync(elsewhere, { force: true }))
    expect((await store.backup(elsewhere, { verify: true })).location).toBe(elsewhere)
    expect(statSync(elsewhere).dev === statSync(folder).dev).toBe(false)
  })
})

describe('a target is refused', () => {
  it('that is the database by another name, or would be its log', async () => {
    const { path, files } = tempFolder()
    mkdirSync(path('data'))
    const store = await openDatabase(path('data', 'app.db'))
    symlinkSync(path('data'), path('linked'))
    symlinkSync(path('data', 'app.db'), path('link.db'))
    linkSync(path('data', 'app.db'), path('hard.db'))
    const names = ['data/app.db', 'data/../data/app.db', 'linked/app.db', 'linked/app.db-journal', 'link.db', 'hard.db']
    const before = files()
    for (const name of names) {
      for (const overwrite of [false, true]) {
        expect([name, await codeOf(() => store.backup(path(name), { overwrite }))]).toEqual([name, 'INVALID_ARGUMENT'])
      }
    }
    expect(files()).toEqual(before)
    expect((await sql`pragma integrity_check`.execute(store.db)).rows).toEqual([{ integrity_check: 'ok' }])
  })

  it('that belongs to the database behind the link by which the store was opened', async () => {
    const { path } = tempFolder()
    mkdirSync(path('data'))
    await (await openDatabase(path('data', 'app.db'))).close()
    symlinkSync(path('data', 'app.db'), path('link.db'))
    const store = await openSqliteStore({ path: path('link.db') })
    onTestFinished(async () => void (await store.close({ maintenanceOnClose: false })))
    for (const part of ['', '-wal', '-shm', '-journal']) {
      const refused = () => store.backup(path('data', `app.db${part}`), { overwrite: true })
      expect(await codeOf(refused)).toBe('INVALID_ARGUMENT')
    }
  })

  it('that has a log beside it, which would be played back into the backup', async () => {
    const { path } = tempFolder()
    const store = await openDatabase(path('app.db'))
    for (const [name, log] of [
      ['a.db', 'a.db-wal'],
      ['b.db', 'b.db-journal'],
    ] as const) {
      writeFileSync(path(log), '')
      expect(await codeOf(() => store.backup(path(name), { overwrite: true }))).toBe('INVALID_ARGUMENT')
    }
    // A database that somebody has open has one.
    const other = await openDatabase(path('other.db'))
    expect(await codeOf(() => store.backup(path('other.db'), { overwrite: true }))).toBe('INVALID_ARGUMENT')
    expect((await sql`select count(*) as n from t`.execute(other.db)).rows).toEqual([{ n: 2 }])
  })

  it('that is a directory, or a name that is too long', async () => {
    const { path, files } = tempFolder()
    const store = await openDatabase(path('app.db'))
    mkdirSync(path('folder'))
    const before = files()
    const places = [path('folder'), `${path('new.db')}/`, path('app.db', 'copy.db'), path('n'.repeat(255))]
    for (const place of places) {
      expect(await codeOf(() => store.backup(place, { overwrite: true }))).toBe('INVALID_ARGUMENT')
    }
    expect(files()).toEqual(before)
  })

  it('where it may not be written, with PERMISSION', async () => {
    const { path, folder } = tempFolder()
    chmodSync(folder, 0o755)
    mkdirSync(path('closed'), { mode: 0o555 })
    const script = `
      import { openSqliteStore } from '@upkeep/sqlite-native'
      const store = await openSqliteStore({ path: ':memory:' })
      const code = await store.backup(${JSON.stringify(path('closed', 'copy.db'))}).then(() => 'done', ({ code }) => code)
      console.log(JSON.stringify(code))`
    expect(await answerOfNode(script, process.getuid?.() === 0 ? { uid: 65534 } : {})).toBe('PERMISSION')
  })
})

describe('what others have left', () => {
  const dead = spawnSync(process.execPath, ['--version']).pid
  const temporary = (target: string, pid: number): string => `${target}.${pid}-0-0123456789ab.upkeep-tmp`

  it('goes with the next backup to the same target, if its process is dead', async () => {
    const { path, files } = tempFolder()
    const store = await openDatabase(path('app.db'))
    const gone = [
      temporary('copy.db', dead),
      `${temporary('copy.db', dead)}-journal`,
      temporary('copy.db', process.pid),
    ]
    const kept = [
      temporary('copy.db', process.ppid),
      temporary('copy.db.bak', dead),
      temporary('py.db', dead),
      'copy.db.1-0-0123456789ab.upkeep-tmp.mine',
      'copy.db.notes',
    ]
    for (const name of [...gone, ...kept]) writeFileSync(path(name), 'x')
    await store.backup(path('copy.db'))
    expect(files().filter((name) => !name.startsWith('app.db'))).toEqual(['copy.db', ...kept].sort())
  })
})

describe('somebody who has the folder, too', () => {
  const temporaryIn = (files: string[]): string => files.find((name) => name.endsWith('.upkeep-tmp')) ?? ''

  it('and removes the file that is being written, makes the backup fail', async () => {
    const { path, files } = tempFolder()
    const store = await openDatabase(path('app.db'))
    let taken = false
    const onProgress = (): void => {
      if (!taken) rmSync(path(temporaryIn(files())))
      taken = true
    }
    expect(await codeOf(() => store.backup(path('copy.db'), { onProgress }))).toBe('CONNECTION')
    expect(files().filter((name) => name.startsWith('copy'))).toEqual([])
  })

  it('and puts a link to a file of theirs in its place, gets nothing into that file, and no backup', async () => {
    const { path, files } = tempFolder()
    const store = await openDatabase(path('app.db'))
    writeFileSync(path('victim'), 'precious')
    let taken = false
    const onProgress = (): void => {
      const name = temporaryIn(files())
      if (!taken) rmSync(path(name))
      if (!taken) symlinkSync(path('victim'), path(name))
      taken = true
    }
    expect(await codeOf(() => store.backup(path('copy.db'), { onProgress }))).toBe('CORRUPT')
    expect([readFileSync(path('victim'), 'utf8'), lstatSync(path('victim')).isFile()]).toEqual(['precious', true])
    expect(files().filter((name) => name.startsWith('copy'))).toEqual([])
  })

  it('and makes a file of the name meanwhile, keeps it', async () => {
    const { path } = tempFolder()
    const store = await openDatabase(path('app.db'))
    const onProgress = (): void => writeFileSync(path('copy.db'), 'theirs', { flag: 'w' })
    expect(await codeOf(() => store.backup(path('copy.db'), { onProgress }))).toBe('INVALID_ARGUMENT')
    expect(readFileSync(path('copy.db'), 'utf8')).toBe('theirs')
  })
})
