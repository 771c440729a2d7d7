/**
 * The process that looks at a database from outside, through a plain better-sqlite3 connection: never the process that
 * has the store, since POSIX locks belong to the process and closing a second handle would drop the store's.
 */
import Database from 'better-sqlite3'
import { serve } from '../child.ts'
import type { ProbeProtocol } from './protocols.ts'

const RETRY_MS = 1

let opened: Database.Database | undefined

function database(): Database.Database {
  if (opened === undefined) throw new Error('no database is open')
  return opened
}

function tryWriteLock(): boolean {
  try {
    database().exec('BEGIN IMMEDIATE')
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false
    throw error
  }
  return true
}

async function takeWriteLock(timeoutMs: number): Promise<ProbeProtocol['takeWriteLock']['answer']> {
  const endsAt = performance.now() + timeoutMs
  for (let attempts = 1; ; attempts++) {
    if (tryWriteLock()) {
      const takenAtNs = process.hrtime.bigint()
      database().exec('ROLLBACK')
      return { takenAtNs, attempts }
    }
    if (performance.now() > endsAt) throw new Error(`no write lock within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

function readNumber(sql: string): number {
  return database().prepare<[], number>(sql).pluck().get() ?? Number.NaN
}

await serve<ProbeProtocol>(() => ({
  open: ({ path }) => {
    opened = new Database(path, { timeout: 0, fileMustExist: true })
  },
  close: () => {
    database().close()
  },
  takeWriteLock: ({ timeoutMs }) => takeWriteLock(timeoutMs),
  checkIntegrity: () => String(database().pragma('integrity_check', { simple: true })),
  inspect: () => ({
    pageCount: readNumber('pragma page_count'),
    freePageCount: readNumber('pragma freelist_count'),
    autoVacuum: readNumber('pragma auto_vacuum'),
  }),
  vacuum: ({ path }) => {
    const startedAt = performance.now()
    const target = new Database(path, { fileMustExist: true })
    target.exec('VACUUM')
    target.close()
    return { elapsedMs: performance.now() - startedAt }
  },
  readCounter: () => ({
    value: readNumber('select value from counter where id = 1'),
    ledgerCount: readNumber('select count(*) from ledger'),
  }),
}))
