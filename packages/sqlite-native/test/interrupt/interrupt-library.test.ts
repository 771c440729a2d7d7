// The loadable library, from SQL: tokens that count, tokens that do not, what an application's connection can see of it,
// connections that close meanwhile, a table that is full.
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { InterruptControl } from '../../dist/interrupt/interrupt-control.js'
import { InterruptLibrary, interruptLibraryPath, tryLibrary } from '../../dist/interrupt/interrupt-library.js'
import { quietLogger } from '../support/quiet-logger.ts'
import { refusedTokens } from '../support/refused-tokens.ts'
import { answerOfNode } from '../support/run-node.ts'
import { tempFolder } from '../support/temp-folder.ts'

const path = interruptLibraryPath(process.platform, process.arch) ?? 'there is none'
const library = new InterruptLibrary(Database, path)

function registered(): { readonly db: Database.Database; readonly token: string } {
  const db = new Database(':memory:')
  onTestFinished(() => void db.close())
  return { db, token: library.register(db) }
}

function openControl(): InterruptControl {
  const opened = library.openControl()
  onTestFinished(() => opened.close())
  return opened
}

/** Whether a token is of an open connection; if so, what runs there is stopped. */
function openInterrupt(): (token: string) => boolean {
  const control = openControl()
  return (token) => control.interrupt(token)
}

/** What SQL says: the code of its error, or its value. */
function said(db: Database.Database, sql: string, ...values: unknown[]): unknown {
  try {
    return db
      .prepare(sql)
      .pluck()
      .get(...values)
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.code
    throw error
  }
}

describe('a token', () => {
  it('is of one connection, and stops it again and again', () => {
    const [one, other] = [registered(), registered()]
    expect(one.token).toMatch(/^[0-9a-f]{20}$/)
    expect(one.token).not.toBe(other.token)
    const interrupt = openInterrupt()
    expect([interrupt(one.token), interrupt(one.token), interrupt(other.token)]).toEqual([true, true, true])
  })

  it('is told once, to whoever has registered the connection', () => {
    const { db } = registered()
    expect(said(db, 'SELECT upkeep_interrupt_token()')).toBe('SQLITE_ERROR')
    expect(said(db, 'SELECT upkeep_interrupt_token()')).toBe('SQLITE_ERROR')
  })

  it('counts no more when its connection was closed, also for the next one in its slot', () => {
    const interrupt = openInterrupt()
    const { db, token } = registered()
    db.close()
    expect(interrupt(token)).toBe(false)
    const next = registered()
    expect([next.token.slice(0, 4), interrupt(token), interrupt(next.token)]).toEqual([token.slice(0, 4), false, true])
  })

  it('counts no more when the application has put a function of its own in the place of ours', () => {
    const interrupt = openInterrupt()
    const { db, token } = registered()
    db.function('upkeep_interrupt_token', () => 'mine')
    expect([said(db, 'SELECT upkeep_interrupt_token()'), interrupt(token)]).toEqual(['mine', false])
  })

  it('that is forged, stale, negative, too large, or of another type is an error of SQL', () => {
    const { token } = registered()
    const closed = registered()
    closed.db.close()
    const db = controlDatabase()
    for (const refused of refusedTokens(token, closed.token)) {
      expect(said(db, 'SELECT upkeep_interrupt(?)', refused), String(refused).slice(0, 40)).toBe('SQLITE_ERROR')
    }
    expect(said(db, 'SELECT upkeep_interrupt(?)', token)).toBe(null)
  })
})

describe('the SQL of an application', () => {
  it.each([
    'SELECT upkeep_interrupt(?)',
    'SELECT upkeep_trim() WHERE ? IS NOT NULL',
    'SELECT upkeep_interrupt_token(?)',
    'SELECT load_extension(?)',
  ])('cannot stop anything, and cannot load what could: %s', (sql) => {
    const { db, token } = registered()
    expect(said(db, sql, token)).toBe('SQLITE_ERROR')
  })

  it.each([
    ['a view', 'CREATE VIEW v AS SELECT upkeep_interrupt_token() AS token', 'SELECT * FROM v'],
    [
      'a trigger',
      'CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT upkeep_interrupt_token(); END',
      'INSERT INTO t VALUES (1)',
    ],
    ['a default', 'ALTER TABLE t ADD COLUMN b DEFAULT (upkeep_interrupt_token())', 'INSERT INTO t (a) VALUES (1)'],
  ])('cannot have %s ask for the token', (_where, ddl, sql) => {
    const db = new Database(':memory:')
    onTestFinished(() => void db.close())
    load(db, 'sqlite3_upkeep_init')
    db.exec('CREATE TABLE t (a)')
    const codes = [ddl, sql].map((text) => {
      try {
        db.exec(text)
        return 'done'
      } catch (error) {
        return (error as { code: string }).code
      }
    })
    expect(codes).toContain('SQLITE_ERROR')
    // Nobody has been told it yet.
    expect(said(db, 'SELECT upkeep_interrupt_token()')).toMatch(/^[0-9a-f]{20}$/)
  })

  it('has no control on a file', () => {
    const db = new Database(tempFolder().path('app.db'))
    onTestFinished(() => void db.close())
    expect(() => load(db, 'sqlite3_upkeepcontrol_init')).toThrow(Database.SqliteError)
    expect(said(db, 'SELECT upkeep_interrupt(1)')).toBe('SQLITE_ERROR')
  })
})

describe('the library', { timeout: 60_000 }, () => {
  it('is there for every platform that better-sqlite3 has a binary for, and for no other', () => {
    const names = ['linux', 'darwin', 'win32'].flatMap((platform) =>
      ['x64', 'arm64'].map((arch) => interruptLibraryPath(platform, arch)?.replaceAll('\\', '/').split('/').at(-1)),
    )
    expect(names).toEqual([
      ...['linux-x64.so', 'linux-arm64.so', 'darwin-x64.dylib', 'darwin-arm64.dylib'],
      ...['win32-x64.dll', 'win32-arm64.dll'],
    ])
    expect([interruptLibraryPath('linux', 's390x'), interruptLibraryPath('freebsd', 'x64')]).toEqual([
      undefined,
      undefined,
    ])
  })

  it.each([
    ['there is none', undefined],
    ['it is missing', '/nonexistent/upkeep.so'],
    ['it is of another platform', interruptLibraryPath(process.platform === 'linux' ? 'darwin' : 'linux', 'arm64')],
  ])('where %s is not used, and the log says so', (_why, file) => {
    const log = quietLogger()
    expect(tryLibrary(Database, file, log)).toBe(undefined)
    expect(log.messages.length).toBe(1)
  })

  it('gives memory back where the C library can', () => {
    const answer = openControl().trim()
    // Of all platforms only glibc can; `process.report` knows which one this is.
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
    expect(typeof answer).toBe(header.glibcVersionRuntime === undefined ? 'undefined' : 'boolean')
  })

  it('has 4096 slots; more connections are an error, and a slot that was given back can be taken', async () => {
    const program = `
      import Database from 'better-sqlite3'
      import { InterruptLibrary } from './dist/interrupt/interrupt-library.js'
      const library = new InterruptLibrary(Database, process.argv[1])
      const open = []
      let code
      while (code === undefined) {
        const db = new Database(':memory:')
        try { library.register(db); open.push(db) } catch (error) { code = error.code }
      }
      open[7].close()
      const token = library.register(new Database(':memory:'))
      const control = library.openControl()
      console.log(JSON.stringify([open.length, code, control.interrupt(token), control.interrupt('0007' + token.slice(4))]))`
    expect(await answerOfNode(program, { arguments: [path] })).toEqual([4096, 'CONNECTION', true, true])
  })

  it('survives connections that close while they are being interrupted', async () => {
    const program = `
      import { Worker, MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
      import Database from 'better-sqlite3'
      import { InterruptLibrary } from './dist/interrupt/interrupt-library.js'
      const path = process.argv[1]
      const control = new InterruptLibrary(Database, path).openControl()
      const { port1, port2 } = new MessageChannel()
      const code = \`
        const { workerData: { port, path } } = require('node:worker_threads')
        const Database = require('better-sqlite3')
        for (let i = 0; i < 1000; i++) {
          const db = new Database(':memory:')
          db.loadExtension(path, 'sqlite3_upkeep_init')
          port.postMessage(db.prepare('select upkeep_interrupt_token()').pluck().get())
          try { db.prepare('with recursive c(x) as (values(1) union all select x+1 from c limit 300) select max(x) from c').get() } catch {}
          db.close()
        }
        port.postMessage('end')\`
      new Worker(code, { eval: true, execArgv: [], workerData: { port: port2, path }, transferList: [port2] })
      const counts = { true: 0, false: 0 }
      let tokens = []
      for (let more = true; more; ) {
        for (let message; (message = receiveMessageOnPort(port1)); ) {
          if (message.message === 'end') more = false
          else tokens = [...tokens, message.message].slice(-3)
        }
        for (const token of tokens) counts[control.interrupt(token)]++
        await new Promise(setImmediate)
      }
      port1.close()
      console.log(JSON.stringify([counts.true > 0, counts.false > 0]))`
    expect(await answerOfNode(program, { arguments: [path] })).toEqual([true, true])
  })
})

/** Whoever has the handle may load what it likes; SQL may not. */
function load(db: Database.Database, entryPoint: 'sqlite3_upkeep_init' | 'sqlite3_upkeepcontrol_init'): void {
  const loadExtension = db.loadExtension as (path: string, entryPoint: string) => unknown
  loadExtension.call(db, path, entryPoint)
}

function controlDatabase(): Database.Database {
  const db = new Database(':memory:')
  onTestFinished(() => void db.close())
  load(db, 'sqlite3_upkeepcontrol_init')
  return db
}
