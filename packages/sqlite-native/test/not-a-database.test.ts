// A file that is no SQLite database: CORRUPT, and not a byte of it changed, nothing left beside it. So is one that was
// one and is damaged; an empty file is a database that is yet to be made.
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { openStore } from '@upkeep/core'
import { openSqliteStore, sqliteNative } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

const CONTENTS: readonly (readonly [string, Buffer])[] = [
  ['one byte', Buffer.from('x')],
  ['a line of text', Buffer.from('hello, world\n')],
  ['a page of text', Buffer.from('lorem ipsum '.repeat(400))],
  ['a megabyte of text', Buffer.from('x'.repeat(1024 * 1024))],
  ['zeros', Buffer.alloc(4096)],
  ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ['almost a header', Buffer.concat([Buffer.from('SQLite format 4\0'), Buffer.alloc(4080)])],
  ['a header and no more', Buffer.from('SQLite format 3\0')],
]

describe('no database', () => {
  it.each(CONTENTS)('%s', async (_what, contents) => {
    const { path, files } = tempFolder()
    writeFileSync(path('app.db'), contents, { mode: 0o640 })
    const before = statSync(path('app.db'))
    const ways = [
      () => openSqliteStore({ path: path('app.db') }),
      () => openSqliteStore({ path: path('app.db'), readOnly: true }),
      () => openStore(`sqlite:${path('app.db')}`, { backends: [sqliteNative()] }),
    ]
    for (const open of ways) {
      const error = await failureOf(open)
      expect(error).toMatchObject({ code: 'CORRUPT', operation: 'open', nativeCode: 'SQLITE_NOTADB' })
    }
    const { mtimeMs, mode, size } = statSync(path('app.db'))
    expect({ mtimeMs, mode, size }).toEqual({ mtimeMs: before.mtimeMs, mode: before.mode, size: before.size })
    expect(readFileSync(path('app.db')).equals(contents)).toBe(true)
    expect(files()).toEqual(['app.db'])
  })
})

describe('a database that is damaged', () => {
  async function damaged(damage: (path: string) => void): Promise<string> {
    const path = tempFolder().path('app.db')
    const store = await openSqliteStore({ path })
    await sql`create table t (a text)`.execute(store.db)
    await sql`with recursive n(n) as (values (1) union all select n + 1 from n where n < 2000)
      insert into t select hex(randomblob(50)) from n`.execute(store.db)
    await store.close()
    damage(path)
    return path
  }

  it('shorter than it says: CORRUPT when it is opened, and nothing is changed', async () => {
    const path = await damaged((file) => truncateSync(file, 4096 * 3))
    const before = readFileSync(path)
    expect((await failureOf(() => openSqliteStore({ path }))).code).toBe('CORRUPT')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('overwritten in the middle: CORRUPT for who reads it and for the integrity check; close() still releases it', async () => {
    const path = await damaged((file) => {
      const bytes = readFileSync(file)
      bytes.fill(0xff, 4096 * 2, 4096 * 20)
      writeFileSync(file, bytes)
    })
    const store = await openSqliteStore({ path, logger: quietLogger() })
    expect((await failureOf(() => sql`select sum(length(a)) from t`.execute(store.db))).code).toBe('CORRUPT')
    const check = { steps: ['integrity'], integrity: 'quick' } as const
    expect((await failureOf(() => store.maintenance(check))).code).toBe('CORRUPT')
    await store.close()
    expect(store.status).toBe('closed')
  })
})
