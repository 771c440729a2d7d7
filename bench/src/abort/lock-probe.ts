/** The process with a plain connection that tries for the write lock. Not for import. */
import Database from 'better-sqlite3'
import { serve } from '../child.ts'
import type { LockProbeProtocol } from './protocols.ts'

/** Between two tries. SQLite's own busy handler waits longer each time, up to 100 ms. */
const PAUSE_MS = 0.2
const sleeper = new Int32Array(new SharedArrayBuffer(4))

await serve<LockProbeProtocol>(() => {
  let database: Database.Database | undefined
  const tryLock = (): boolean => {
    try {
      database?.exec('begin immediate')
      return true
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false
      throw error
    }
  }
  return {
    open: (path) => {
      database?.close()
      database = new Database(path, { timeout: 0 })
    },
    lock: () => {
      if (database === undefined) throw new Error('there is no database yet')
      while (!tryLock()) Atomics.wait(sleeper, 0, 0, PAUSE_MS)
      const atNs = process.hrtime.bigint()
      database.exec('rollback')
      return atNs
    },
  }
})
