// Another process has the whole file while a statement is compiled: SQLite reads the schema then, and finds it locked.
import { systemClock } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

/** Makes a file with a rollback journal; by lines of input it locks the file, and lets it go. */
const OTHER = `
  import Database from 'better-sqlite3'
  const db = new Database(process.argv[1])
  db.exec('create table t (a); insert into t values (1)')
  process.stdin.setEncoding('utf8').on('data', (line) => {
    db.exec(line.trim())
    console.log('done')
    if (line.trim() === 'rollback') process.exit()
  })
  console.log('ready')`

async function openBeside(busyTimeoutMs?: number) {
  const { path } = tempFolder()
  const other = startNode(OTHER, { arguments: [path('app.db')] })
  await other.line()
  const waits = Promise.withResolvers<void>()
  const clock: typeof systemClock = {
    ...systemClock,
    setTimer: (callback, delayMs, background) => {
      // Those in the background are looks at the file.
      if (background !== true) waits.resolve()
      return systemClock.setTimer(callback, delayMs, background)
    },
  }
  const store = await openSqliteStore({
    path: path('app.db'),
    readOnly: true,
    busyTimeoutMs,
    clock,
    logger: quietLogger(),
  })
  const send = async (line: string): Promise<void> => {
    other.child.stdin?.write(`${line}\n`)
    await other.line()
  }
  return { store, send, waits: waits.promise, finished: other.finished }
}

it('the statement waits for it, as for any lock', async () => {
  const { store, send, waits, finished } = await openBeside()
  const reading = store.withConnection(async ({ db }) => {
    // From here on the connection knows no schema: it is read when the next statement is compiled.
    await sql`pragma writable_schema = reset`.execute(db)
    await send('begin exclusive')
    return sql`select a from t`.execute(db)
  })
  await waits
  await send('rollback')
  expect((await reading).rows).toEqual([{ a: 1 }])
  await store.close()
  await finished
})

it('and no longer than the busy timeout', async () => {
  const { store, send, finished } = await openBeside(0)
  const reading = store.withConnection(async ({ db }) => {
    await sql`pragma writable_schema = reset`.execute(db)
    await send('begin exclusive')
    return sql`select a from t`.execute(db)
  })
  expect(await codeOf(() => reading)).toBe('BUSY')
  await send('rollback')
  await store.close()
  await finished
})
