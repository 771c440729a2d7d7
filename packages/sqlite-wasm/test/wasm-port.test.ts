// The driver behind the port, without a store: what SQLite is given and what it gives back, to the bit; what is refused,
// and with which code.
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadSqlite3, type Sqlite3 } from '../dist/sqlite3-module.js'
import { WasmPort } from '../dist/wasm-port.js'

const OPEN = { readOnly: false, mustExist: false }

let sqlite3: Sqlite3
let port: WasmPort
const opened: { close(): void }[] = []

beforeAll(async () => {
  sqlite3 = await loadSqlite3(undefined)
  port = new WasmPort(sqlite3, { vfs: null })
})

afterEach(() => {
  for (const db of opened.splice(0)) db.close()
})

function open(): ReturnType<WasmPort['open']> {
  const db = port.open(':memory:', OPEN)
  opened.push(db)
  return db
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    return port.resultCode(error) ?? (error as Error).name
  }
  return 'no error'
}

describe('values', () => {
  const VALUES: readonly [string, unknown][] = [
    ['null', null],
    ['a text with a NUL in it', 'a\0b'],
    ['an empty text', ''],
    ['a text beyond ASCII', 'ß €  𝄞'],
    ['a text that begins with a byte order mark', '\ufeffx'],
    ['a long text', 'ä'.repeat(40_000)],
    ['an empty blob', new Uint8Array()],
    ['a blob', new Uint8Array([0, 1, 255])],
    ['a large blob', new Uint8Array(100_000).fill(7)],
    ['a fraction', 0.1],
    ['a large number', 1e300],
  ]

  it.each(VALUES)('%s comes back as it is', (_, value) => {
    expect(open().prepare('select ? as v').all([value])).toEqual([{ v: value }])
  })

  it('integers are numbers, and bigints when that is asked for', () => {
    const statement = open().prepare('select 2 as a, ? as b, 0.5 as c')
    expect(statement.all([5n])).toEqual([{ a: 2, b: 5, c: 0.5 }])
    statement.readExactIntegers(true)
    for (const b of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n]) {
      expect(statement.all([b])).toEqual([{ a: 2n, b, c: 0.5 }])
    }
  })

  it('a bigint is bound as an integer', () => {
    expect(open().prepare('select 5 / ? as v, typeof(?) as t').all([2n, 2n])).toEqual([{ v: 2, t: 'integer' }])
  })

  it('a column may have any name, and the last of two counts', () => {
    const [row] = open().prepare('select 1 as a, 2 as a, 3 as "__proto__"').all([])
    expect(Object.entries(row ?? {})).toEqual([
      ['a', 2],
      ['__proto__', 3],
    ])
  })
})

describe('statements', () => {
  it('say whether they read, whether they answer rows, and their declared types', () => {
    const db = open()
    db.exec('create table t (id integer primary key, at timestamp text)')
    const read = db.prepare('select id, at as "when", id + 1 as next from t')
    expect([read.readOnly, read.returnsRows]).toEqual([true, true])
    expect(read.columns()).toEqual([
      { name: 'id', declaredType: 'INTEGER' },
      { name: 'when', declaredType: 'timestamp text' },
      { name: 'next', declaredType: null },
    ])
    const write = db.prepare('insert into t (at) values (?)')
    expect([write.readOnly, write.returnsRows]).toEqual([false, false])
  })

  it('count the rows that they have changed, and no others', () => {
    const db = open()
    db.exec('create table t (id integer primary key)')
    expect(db.prepare('insert into t values (7), (8)').run([])).toEqual({ changes: 2n, lastInsertRowid: 8n })
    expect(db.prepare('create table u (id)').run([]).changes).toBe(0)
    expect(db.prepare('delete from t where id = 9').run([]).changes).toBe(0)
  })

  it('have other columns after the table has been made anew', () => {
    const db = open()
    db.exec('create table t (a)')
    const all = db.prepare('select * from t')
    expect(all.all([])).toEqual([])
    db.exec("drop table t; create table t (b, c); insert into t values (1, 'x')")
    expect(all.all([])).toEqual([{ b: 1, c: 'x' }])
  })

  it('can be read row by row, and left', () => {
    const db = open()
    const rows = db.prepare('select value as v from json_each(?)')
    const reading = rows.iterate(['[1,2,3]'])
    expect(reading.next()).toEqual({ done: false, value: { v: 1 } })
    expect(reading.return?.()).toEqual({ done: true, value: undefined })
    expect(reading.next()).toEqual({ done: true, value: undefined })
    expect([...{ [Symbol.iterator]: () => rows.iterate(['[4]']) }]).toEqual([{ v: 4 }])
  })

  it('a transaction is open between BEGIN and COMMIT', () => {
    const db = open()
    db.exec('begin')
    expect(db.inTransaction).toBe(true)
    db.exec('commit')
    expect(db.inTransaction).toBe(false)
  })
})

describe('refused', () => {
  it.each([
    ['no statement', ''],
    ['a comment', '-- nothing'],
    ['two statements', 'select 1; select 2'],
    ['one, and something that is none', 'select 1; nonsense'],
  ])('%s is a RangeError', (_, text) => {
    expect(codeOf(() => open().prepare(text))).toBe('RangeError')
  })

  it('what follows a statement may be blank', () => {
    expect(open().prepare('select 1 as a; -- done\n /* really */ ;').all([])).toEqual([{ a: 1 }])
  })

  it.each([[[]], [[1n, 2n]]])('a wrong number of parameters is a RangeError', (parameters) => {
    expect(codeOf(() => open().prepare('select ?').all(parameters))).toBe('RangeError')
  })

  it('what SQLite refuses has its extended code', () => {
    const db = open()
    db.exec('create table t (id integer primary key, n not null, u unique)')
    db.exec('insert into t values (1, 1, 1)')
    expect(codeOf(() => db.exec('nonsense'))).toBe('SQLITE_ERROR')
    expect(codeOf(() => db.exec('insert into t values (2, null, 2)'))).toBe('SQLITE_CONSTRAINT_NOTNULL')
    expect(codeOf(() => db.prepare('insert into t values (2, 2, ?)').run([1n]))).toBe('SQLITE_CONSTRAINT_UNIQUE')
    expect(codeOf(() => db.prepare('insert into t values (1, 2, 3)').run([]))).toBe('SQLITE_CONSTRAINT_PRIMARYKEY')
  })

  it('a closed connection is a TypeError, and its cursors end', () => {
    const db = open()
    const statement = db.prepare('select value as v from json_each(?)')
    const reading = statement.iterate(['[1,2,3]'])
    reading.next()
    db.close()
    expect(codeOf(() => statement.all(['[]']))).toBe('TypeError')
    expect(codeOf(() => db.prepare('select 1'))).toBe('TypeError')
    expect(reading.return?.()).toEqual({ done: true, value: undefined })
    db.close()
  })
})
