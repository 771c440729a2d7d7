// The other end of probe-process.ts.
import { linkSync, renameSync, truncateSync, unlinkSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { FileChange } from '../src/suite/harness.ts'

interface Call {
  readonly id: number
  readonly path: string
  readonly work: string | readonly FileChange[]
}

process.on('message', (message) => {
  const { id, path, work } = message as Call
  try {
    process.send?.({ id, rows: typeof work === 'string' ? run(path, work) : changeFiles(path, work) })
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

function changeFiles(path: string, changes: readonly FileChange[]): unknown[] {
  for (const one of changes) {
    const from = `${path}${one.from}`
    switch (one.change) {
      case 'rename':
        renameSync(from, `${path}${one.to}`)
        break
      case 'link':
        linkSync(from, `${path}${one.to}`)
        break
      case 'remove':
        unlinkSync(from)
        break
      case 'truncate':
        truncateSync(from, one.sizeBytes)
    }
  }
  return []
}
