// Statements with a limit, through the engine: what is stopped, what is left of it, and what runs afterwards.
import { describe, expect, it } from 'vitest'
import { answerOfGuarded } from '../support/guarded-program.ts'
import { tempFolder } from '../support/temp-folder.ts'

const ENGINE = `
  import { systemClock } from '@upkeep/core'
  import { CompiledQuery } from 'kysely'
  import { openNativeEngine } from './dist/open-native-engine.js'
  import { resolveNativeOptions } from './dist/native-options.js'
  const openEngine = (path, options = { inlineBudgetMs: false }) =>
    openNativeEngine(path, resolveNativeOptions(options, 'open'), { clock: systemClock, log: console })
  const raw = (sql, ...parameters) => CompiledQuery.raw(sql, parameters)
  const SERIES = 'WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) '
  const READ = raw(SERIES + 'SELECT max(x) AS x FROM c')
  const WRITE = raw('INSERT INTO t (a) ' + SERIES + 'SELECT x FROM c')
  const RETURNING = raw('INSERT INTO t (a) ' + SERIES + 'SELECT x FROM c RETURNING a')
  const limit = { timeoutMs: 30 }
  const later = { timeoutMs: 60_000 }
  const outcome = async (work) => {
    try { return (await work()).rows } catch (error) { return [error.code, error.nativeCode] }
  }
`
const STOPPED = ['TIMEOUT', 'SQLITE_INTERRUPT']

describe('a single statement over its limit', { timeout: 60_000 }, () => {
  it.each(['file', ':memory:'])('is stopped, leaves nothing, and the next one runs (%s)', async (where) => {
    const path = where === 'file' ? tempFolder().path('app.db') : where
    const program = `
      const engine = await openEngine(${JSON.stringify(path)})
      await engine.execute(raw('CREATE TABLE t (a)'), {})
      const outcomes = []
      // The second time it is prepared already, and takes the shorter way.
      for (const query of [READ, READ, WRITE, WRITE, RETURNING, RETURNING]) {
        outcomes.push(await outcome(() => engine.execute(query, limit)))
        outcomes.push(await outcome(() => engine.execute(raw('SELECT count(*) AS n FROM t'), later)))
      }
      await engine.execute(raw('INSERT INTO t VALUES (1)'), later)
      outcomes.push(await outcome(() => engine.execute(raw('SELECT a FROM t'), later)))
      await engine.close()
      answer(outcomes)`
    const none = [{ n: 0 }]
    expect(await answerOfGuarded(ENGINE + program)).toEqual([
      ...[STOPPED, none, STOPPED, none, STOPPED, none, STOPPED, none, STOPPED, none, STOPPED, none],
      [{ a: 1 }],
    ])
  })

  it('without a limit it is not stopped, nor within it', async () => {
    const program = `
      const engine = await openEngine(':memory:')
      const rows = raw(SERIES.replace('FROM c)', 'FROM c LIMIT 200000)') + 'SELECT max(x) AS x FROM c')
      answer([await outcome(() => engine.execute(rows, {})), await outcome(() => engine.execute(rows, { timeoutMs: 1e9 }))])`
    expect(await answerOfGuarded(ENGINE + program)).toEqual([[{ x: 200_000 }], [{ x: 200_000 }]])
  })
})

describe('a statement of a transaction over its limit', { timeout: 60_000 }, () => {
  it.each(['READ', 'WRITE'])('%s: the transaction is gone, and says so', async (query) => {
    const program = `
      const engine = await openEngine(${JSON.stringify(tempFolder().path('app.db'))})
      await engine.execute(raw('CREATE TABLE t (a)'), {})
      const session = await engine.acquire({})
      await session.begin({}, {})
      await session.execute(raw('INSERT INTO t VALUES (1)'), {})
      const outcomes = [
        await outcome(() => session.execute(${query}, limit)),
        await outcome(() => session.execute(raw('INSERT INTO t VALUES (2)'), limit)),
        await outcome(() => session.commit()),
      ]
      await session.release()
      outcomes.push(await outcome(() => engine.execute(raw('SELECT count(*) AS n FROM t'), later)))
      // The lock is free.
      await engine.execute(raw('INSERT INTO t VALUES (3)'), {})
      await engine.close()
      answer(outcomes.map((one) => one[0]))`
    expect(await answerOfGuarded(ENGINE + program)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT', { n: 0 }])
  })
})

describe('an open cursor', { timeout: 60_000 }, () => {
  it('is stopped within its next rows, and gives those before', async () => {
    const program = `
      import { SqliteConnection } from '../core/dist/sqlite/sqlite-connection.js'
      import { openCursor } from '../core/dist/sqlite/sqlite-cursor.js'
      const db = open()
      const connection = new SqliteConnection(port, db, 10, { inline: 0, hits: 0, misses: 0 }, { count: 0 })
      const sql = SERIES + 'SELECT x FROM c WHERE x < 4 OR x < 0'
      const cursor = openCursor(connection, raw(sql), 'read')
      const outcomes = [cursor.read(3, 60_000).map((row) => Number(row.x)), codeOf(() => cursor.read(1, 30))]
      cursor.end()
      connection.control('BEGIN')
      connection.undo('ROLLBACK')
      answer(outcomes)`
    expect(await answerOfGuarded(ENGINE + program)).toEqual([[1, 2, 3], 'TIMEOUT'])
  })
})

describe('with interrupt: false', { timeout: 60_000 }, () => {
  it('a limit does nothing', async () => {
    const program = `
      const engine = await openEngine(':memory:', { interrupt: false })
      const rows = raw(SERIES.replace('FROM c)', 'FROM c LIMIT 3000000)') + 'SELECT max(x) AS x FROM c')
      answer(await outcome(() => engine.execute(rows, { timeoutMs: 1 })))`
    expect(await answerOfGuarded(ENGINE + program)).toEqual([{ x: 3_000_000 }])
  })
})
