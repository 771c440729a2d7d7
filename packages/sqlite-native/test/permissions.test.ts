// What the operating system refuses, in a process without root's rights: typed, and nothing is made or changed. Where
// the tests do not run as root they have no rights to drop, and run as who they are.
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { answerOfNode, type RunOptions } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

const NOBODY = 65534
const isRoot = process.getuid?.() === 0
const asNobody: RunOptions = isRoot ? { uid: NOBODY } : {}

/** A folder that whoever runs the script may enter. */
function openFolder(): ReturnType<typeof tempFolder> {
  const temp = tempFolder()
  chmodSync(temp.folder, 0o755)
  return temp
}

function give(path: string): void {
  if (isRoot) chownSync(path, NOBODY, NOBODY)
}

interface Answer {
  readonly code: string
  readonly message: string
}

/** Opens a store, writes to it, and tells the code of what failed. */
const open = (options: object): Promise<Answer> =>
  answerOfNode<Answer>(
    `
    import { openSqliteStore } from '@upkeep/sqlite-native'
    import { sql } from 'kysely'
    const logger = { warn() {}, error() {} }
    const answer = { code: 'done', message: '' }
    try {
      const store = await openSqliteStore({ ...${JSON.stringify(options)}, logger })
      try {
        await sql\`select * from sqlite_schema\`.execute(store.db)
        if (${!('readOnly' in options)}) await sql\`create table made (a)\`.execute(store.db)
      } finally {
        await store.close()
      }
    } catch (error) {
      answer.code = error.code
      answer.message = error.message
    }
    console.log(JSON.stringify(answer))`,
    asNobody,
  )

async function createDatabase(path: string): Promise<void> {
  const store = await openSqliteStore({ path })
  await sql`create table t (a)`.execute(store.db)
  await store.close()
}

describe(`as ${isRoot ? `user ${NOBODY}` : 'the user of the tests'}`, () => {
  it('a file that may not be read', async () => {
    const { path, files } = openFolder()
    await createDatabase(path('app.db'))
    chmodSync(path('app.db'), 0o000)
    const before = statSync(path('app.db'))
    const { code, message } = await open({ path: path('app.db') })
    expect([code, message.includes(path('app.db'))]).toEqual(['PERMISSION', true])
    expect(statSync(path('app.db'))).toMatchObject({ mtimeMs: before.mtimeMs, size: before.size })
    expect(files().filter((name) => /-(?:wal|shm|journal)$/.test(name))).toEqual([])
  })

  it('a file that may only be read, and is to be written', async () => {
    const { path } = openFolder()
    await createDatabase(path('app.db'))
    chmodSync(path('app.db'), 0o444)
    const before = readFileSync(path('app.db'))
    expect((await open({ path: path('app.db') })).code).toBe('PERMISSION')
    expect(readFileSync(path('app.db')).equals(before)).toBe(true)
  })

  it('a directory in which nothing may be made', async () => {
    const { path, files } = openFolder()
    mkdirSync(path('closed'), { mode: 0o555 })
    expect((await open({ path: path('closed', 'app.db') })).code).toBe('PERMISSION')
    expect((await open({ path: path('closed', 'more', 'app.db') })).code).toBe('PERMISSION')
    expect(files()).toEqual(['closed'])
  })

  it('a directory that may not be entered', async () => {
    const { path } = openFolder()
    mkdirSync(path('closed'))
    await createDatabase(path('closed', 'app.db'))
    chmodSync(path('closed'), 0o600)
    expect((await open({ path: path('closed', 'app.db') })).code).toBe('PERMISSION')
    expect((await open({ path: path('closed', 'app.db'), readOnly: true })).code).toBe('PERMISSION')
    chmodSync(path('closed'), 0o700)
  })

  it('a database of ones own in a directory in which no log can be made', async () => {
    const { path } = openFolder()
    mkdirSync(path('closed'))
    await createDatabase(path('closed', 'app.db'))
    give(path('closed', 'app.db'))
    chmodSync(path('closed'), 0o555)
    const before = readFileSync(path('closed', 'app.db'))
    expect((await open({ path: path('closed', 'app.db') })).code).toBe('READONLY')
    expect(readFileSync(path('closed', 'app.db')).equals(before)).toBe(true)
  })

  it('reading a database in such a directory is refused with a code, or works; it never hangs or crashes', async () => {
    const { path } = openFolder()
    mkdirSync(path('closed'))
    await createDatabase(path('closed', 'app.db'))
    chmodSync(path('closed', 'app.db'), 0o444)
    chmodSync(path('closed'), 0o555)
    const { code } = await open({ path: path('closed', 'app.db'), readOnly: true })
    expect(['done', 'PERMISSION', 'READONLY', 'CONNECTION']).toContain(code)
  })

  it('what may be written is, and belongs to who made it', async () => {
    const { path } = openFolder()
    mkdirSync(path('mine'), { mode: 0o777 })
    chmodSync(path('mine'), 0o777)
    expect(await open({ path: path('mine', 'more', 'app.db') })).toEqual({ code: 'done', message: '' })
    expect(statSync(path('mine', 'more', 'app.db')).uid).toBe(isRoot ? NOBODY : process.getuid?.())
  })
})
