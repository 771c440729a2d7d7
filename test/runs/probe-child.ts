// The other end of probe-process.ts.
import Database from 'better-sqlite3'

interface Call {
  readonly id: number
  readonly path: string
  readonly sql: string
}

process.on('message', (message) => {
  const { id, path, sql } = message as Call
  try {
    process.send?.({ id, rows: run(path, sql) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
})

function run(path: string, sql: string): unknown[] {
  const db = new Database(path, { timeout: 10_000 })
  try {
    const statement = db.prepare(sql)
    if (statement.reader) return statement.all()
    statement.run()
    return []
  } finally {
    db.close()
  }
}
