// Runs statements on SQLite files, for probe-process.ts.
import Database from 'better-sqlite3'
import { serveProbe } from './serve-probe.ts'

serveProbe(async (path, sql) => {
  const db = new Database(path, { timeout: 10_000 })
  try {
    const statement = db.prepare<[], Record<string, unknown>>(sql)
    if (statement.reader) return statement.all()
    statement.run()
    return []
  } finally {
    db.close()
  }
})
