// A backup that is stopped half way, by an abort, by a kill or by the disk: nothing is left, or what is left goes with
// the next one.
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { codeOf, track, turns } from '../../core/test/support/outcome.ts'
import { createBlobDatabase } from './support/blob-database.ts'
import {
  canCountChildren,
  killMaintenanceChild,
  maintenanceChild,
  maintenanceChildren,
} from './support/maintenance-children.ts'
import { startNode } from './support/run-node.ts'
import { hasSmallDisk, onSmallDisk } from './support/small-disk.ts'
import { type TempFolder, tempFolder } from './support/temp-folder.ts'

afterEach(() => {
  expect(maintenanceChildren()).toEqual([])
})

/** Copying it takes some hundred milliseconds. */
const LARGE = 60_000

async function openLarge(temp: TempFolder): Promise<Awaited<ReturnType<typeof openSqliteStore<any>>>> {
  const store = await openSqliteStore<any>({ path: await createBlobDatabase(temp.path('app.db'), LARGE) })
  onTestFinished(async () => void (await store.close({ maintenanceOnClose: false })))
  mkdirSync(temp.path('to'))
  return store
}

const backups = (temp: TempFolder): string[] => temp.files('to')

/** Until SQLite has begun to write. */
async function writing(temp: TempFolder): Promise<void> {
  for (;;) {
    const [name] = backups(temp)
    if (name !== undefined && statSync(temp.path('to', name), { throwIfNoEntry: false })?.size) return
    await turns(1)
  }
}

async function isSound(temp: TempFolder): Promise<unknown> {
  const copy = await openSqliteStore<any>({ path: temp.path('to', 'copy.db'), readOnly: true })
  const { rows } = await sql`select count(*) as n, (select quick_check from pragma_quick_check) as ok from t`.execute(
    copy.db,
  )
  await copy.close()
  return rows
}

describe.runIf(canCountChildren)('a backup that is being written', () => {
  it('ends with its signal: its process has gone, and nothing is left', async () => {
    const temp = tempFolder()
    const store = await openLarge(temp)
    const controller = new AbortController()
    const running = track(store.backup(temp.path('to', 'copy.db'), { signal: controller.signal }))
    await writing(temp)
    expect(running.settled).toBe(false)
    controller.abort()
    expect(await codeOf(() => running.promise)).toBe('ABORTED')
    expect([maintenanceChildren(), backups(temp)]).toEqual([[], []])
    await sql`insert into t values (1)`.execute(store.db)
  })

  it('fails with CONNECTION when its process is killed, and nothing is left', async () => {
    const temp = tempFolder()
    const store = await openLarge(temp)
    const running = track(store.backup(temp.path('to', 'copy.db')))
    await writing(temp)
    await killMaintenanceChild(await maintenanceChild())
    expect(await codeOf(() => running.promise)).toBe('CONNECTION')
    expect(backups(temp)).toEqual([])
    await store.backup(temp.path('to', 'copy.db'))
    expect(await isSound(temp)).toEqual([{ n: LARGE, ok: 'ok' }])
  })

  it('is left behind when the application is killed, and goes with the next one', async () => {
    const temp = tempFolder()
    await (await openLarge(temp)).close()
    const app = startNode(`
      import { openSqliteStore } from '@upkeep/sqlite-native'
      const store = await openSqliteStore({ path: ${JSON.stringify(temp.path('app.db'))} })
      await store.backup(${JSON.stringify(temp.path('to', 'copy.db'))})
      console.log('too late')`)
    await writing(temp)
    app.child.kill('SIGKILL')
    expect((await app.finished).stdout).toBe('')
    expect(backups(temp).some((name) => name.endsWith('.upkeep-tmp'))).toBe(true)
    expect(backups(temp)).not.toContain('copy.db')
    const store = await openSqliteStore({ path: temp.path('app.db') })
    await store.backup(temp.path('to', 'copy.db'), { verify: true })
    await store.close({ maintenanceOnClose: false })
    expect(backups(temp)).toEqual(['copy.db'])
    expect(await isSound(temp)).toEqual([{ n: LARGE, ok: 'ok' }])
  })
})

/** A store on a database of 4 MB whose backup fails: what it fails with, what is left, and that it goes on. */
const failing = (database: string, folder: string, during: string): string => `
  import { openSqliteStore } from '@upkeep/sqlite-native'
  import { readdirSync, rmSync, writeFileSync } from 'node:fs'
  const folder = ${JSON.stringify(folder)}
  const store = await openSqliteStore({ path: ${JSON.stringify(database)}, logger: { warn() {}, error() {} } })
  let hasBegun = false
  const options = {
    // Once: while nothing is written yet, more than one call says 0.
    onProgress() {
      if (hasBegun) return
      hasBegun = true
      ${during}
    },
  }
  const codeOf = (work) => work.then(() => 'done', ({ code, nativeCode }) => [code, nativeCode ?? null])
  const first = await codeOf(store.backup(folder + '/copy.db', options))
  const left = readdirSync(folder)
  await store.close({ maintenanceOnClose: false })
  console.log(JSON.stringify({ first, left }))`

describe.runIf(hasSmallDisk)('a disk that is full', () => {
  it('is told before anything is written, where it can be known', async () => {
    const { path } = tempFolder()
    const database = await createBlobDatabase(path('app.db'), 8000)
    mkdirSync(path('small'))
    const answer = onSmallDisk(path('small'), failing(database, path('small'), ''))
    expect(answer).toEqual({ first: ['FULL', null], left: [] })
  })

  it('amid the copy is FULL, and gives the space back', async () => {
    const { path } = tempFolder()
    const database = await createBlobDatabase(path('app.db'), 4000)
    mkdirSync(path('small'))
    const fill = "writeFileSync(folder + '/other', Buffer.alloc(4_000_000))"
    const answer = onSmallDisk(path('small'), failing(database, path('small'), fill))
    expect(answer).toEqual({ first: ['FULL', 'SQLITE_FULL'], left: ['other'] })
  })
})

it.runIf(process.platform !== 'win32')(
  'a write that the system refuses fails the backup, and nothing is left',
  async () => {
    const { path } = tempFolder()
    const database = await createBlobDatabase(path('app.db'), 4000)
    mkdirSync(path('to'))
    // One megabyte, for this process and the one that it starts.
    const script = failing(database, path('to'), '')
    const out = execFileSync(
      'sh',
      ['-c', 'ulimit -f 2000 && exec "$1" --input-type=module --eval "$2"', 'sh', process.execPath, script],
      {
        cwd: new URL('..', import.meta.url),
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    )
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
      first: ['CONNECTION', 'SQLITE_IOERR_WRITE'],
      left: [],
    })
  },
)
