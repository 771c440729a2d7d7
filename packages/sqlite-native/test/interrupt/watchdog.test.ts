// The watchdog on real connections: what is over its limit is stopped, what was disarmed is not, and the thread is there
// for as long as a guarded connection is. Limits are never early; how late they are is measured by the bench.
import { describe, expect, it } from 'vitest'
import { answerOfGuarded, GUARDED_PROGRAM } from '../support/guarded-program.ts'
import { runNode } from '../support/run-node.ts'

describe('a statement over its limit', { timeout: 60_000 }, () => {
  it.each([1, 20, 70])('is stopped after %i ms and not before', async (limitMs) => {
    const program = `
      const db = open()
      const statement = endless(db)
      const startedMs = performance.now()
      db.guard.arm(${limitMs})
      const code = codeOf(() => statement.all([]))
      answer([code, db.guard.disarm(), performance.now() - startedMs >= ${limitMs}])`
    expect(await answerOfGuarded(program)).toEqual(['SQLITE_INTERRUPT', true, true])
  })

  it('is stopped though the first interrupts came before it had begun', async () => {
    const program = `
      const db = open()
      const statement = endless(db)
      db.guard.arm(1)
      sleep(100)
      answer([codeOf(() => statement.all([])), db.guard.disarm()])`
    expect(await answerOfGuarded(program)).toEqual(['SQLITE_INTERRUPT', true])
  })

  it('is stopped when the watchdog had gone to sleep, too', async () => {
    const program = `
      const db = open()
      const statement = endless(db)
      const codes = []
      for (let round = 0; round < 3; round++) {
        sleep(300)
        db.guard.arm(5)
        codes.push(codeOf(() => statement.all([])), db.guard.disarm())
      }
      answer(codes)`
    const stopped = ['SQLITE_INTERRUPT', true]
    expect(await answerOfGuarded(program)).toEqual([...stopped, ...stopped, ...stopped])
  })

  it('is the only one that is stopped: other connections, armed or not, are left alone', async () => {
    const program = `
      const many = Array.from({ length: 40 }, () => open())
      const streams = many.map((db) => {
        db.exec('create table t (a); insert into t values (1), (2), (3)')
        const rows = db.prepare('select a from t').iterate([])
        rows.next()
        db.guard.arm(1_000_000)
        return rows
      })
      const db = open()
      const statement = endless(db)
      db.guard.arm(20)
      const code = codeOf(() => statement.all([]))
      const left = streams.map((rows, at) => [[...rows].length, many[at].guard.disarm()].join())
      answer([code, db.guard.disarm(), [...new Set(left)]])`
    expect(await answerOfGuarded(program)).toEqual(['SQLITE_INTERRUPT', true, ['2,false']])
  })
})

describe('after disarm', { timeout: 60_000 }, () => {
  it('nothing is stopped: 10,000 short statements, armed with the smallest limit, and their transactions', async () => {
    const program = `
      const db = open()
      db.exec('create table t (a)')
      const [begin, insert, rollback] = ['BEGIN', 'insert into t values (1)', 'ROLLBACK'].map((sql) => db.prepare(sql))
      const count = db.prepare(
        'WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c LIMIT ?) SELECT max(x) FROM c')
      let seed = 42
      const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
      const codes = {}
      const tally = (code) => (codes[code] = (codes[code] ?? 0) + 1)
      let fired = 0
      for (let round = 0; round < 10_000; round++) {
        tally('begin ' + codeOf(() => begin.run([])))
        tally('insert ' + codeOf(() => insert.run([])))
        const rows = Math.ceil(random() ** 4 * 3000)
        db.guard.arm(0)
        codeOf(() => count.all([rows]))
        if (db.guard.disarm()) fired++
        tally('rollback ' + codeOf(() => rollback.run([])))
        tally('read ' + codeOf(() => count.all([1])))
      }
      answer([codes, fired > 0])`
    const all = { 'begin done': 10_000, 'insert done': 10_000, 'rollback done': 10_000, 'read done': 10_000 }
    expect(await answerOfGuarded(program)).toEqual([all, true])
  })

  it('nothing is stopped on the connection that comes into the place of one that was closed while armed', async () => {
    const program = `
      open()
      const codes = new Set()
      for (let round = 0; round < 200; round++) {
        const before = open()
        before.guard.arm(0)
        if (round % 10 === 0) sleep(6)
        before.close()
        const db = open()
        db.guard.arm(1_000_000)
        if (round % 10 === 0) sleep(6)
        codes.add(db.guard.disarm())
        db.close()
      }
      answer([...codes])`
    expect(await answerOfGuarded(program)).toEqual([false])
  })
})

describe('the thread', { timeout: 60_000 }, () => {
  it('does not keep the process from ending, asleep, awake, or in the middle of a limit', async () => {
    for (const end of ['sleep(200)', 'open().guard.arm(50)', 'open().guard.arm(0); sleep(20)', 'process.exit()']) {
      const { code, signal, stderr } = await runNode(`${GUARDED_PROGRAM} open(); ${end}`, { timeoutMs: 15_000 })
      expect([end, code, signal, stderr]).toEqual([end, 0, null, ''])
    }
  })

  it.runIf(process.platform === 'linux')('is one for all stores, and ends with the last of them', async () => {
    const program = `
      import { readdirSync } from 'node:fs'
      import { openSqliteStore } from './dist/index.js'
      const threads = () => readdirSync('/proc/self/task').length
      const settled = async (count) => { while (threads() !== count) await new Promise((next) => setTimeout(next, 5)) }
      const before = threads()
      const counts = []
      for (let round = 0; round < 3; round++) {
        const stores = []
        for (let i = 0; i < 5; i++) stores.push(await openSqliteStore({ path: ':memory:' }))
        counts.push(threads() - before)
        for (const store of stores) await store.close()
        await settled(before)
      }
      answer(counts)`
    expect(await answerOfGuarded(program)).toEqual([1, 1, 1])
  })

  it('is not started, and no library is loaded, with interrupt: false', async () => {
    const program = `
      import { openSqliteStore } from './dist/index.js'
      const store = await openSqliteStore({ path: ':memory:', interrupt: false })
      const functions = await store.withConnection(({ raw }) =>
        raw.prepare("select name from pragma_function_list where name like 'upkeep%'").pluck().all())
      await store.close()
      answer(functions)`
    expect(await answerOfGuarded(program)).toEqual([])
    expect(await answerOfGuarded(program.replace('false', 'true'))).toEqual(['upkeep_interrupt_token'])
  })
})

describe('where the process may have no threads', { timeout: 60_000 }, () => {
  it('a store works all the same, and the log says what it lacks', async () => {
    const program = `
      import { openSqliteStore } from './dist/index.js'
      const lines = []
      const keep = (line) => void lines.push(line)
      const store = await openSqliteStore({ path: ':memory:', logger: { warn: keep, error: keep } })
      const { rows } = await store.db.executeQuery(CompiledQuery.raw('select 1 as one', []))
      await store.close()
      console.log(JSON.stringify([rows, lines.length]))`
    const permissions = ['--permission', '--allow-addons', '--allow-fs-read=*', '--allow-fs-write=*']
    const script = `import { CompiledQuery } from 'kysely'\n${program}`
    const { stdout } = await runNode(script, { nodeArguments: permissions, timeoutMs: 50_000 })
    expect(JSON.parse(stdout)).toEqual([[{ one: 1 }], 1])
  })
})
