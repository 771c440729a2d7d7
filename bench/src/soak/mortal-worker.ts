/** A set-up module: `die_soon(ms)` ends the worker thread that evaluates it, a little later. On the main thread it throws. */
import { isMainThread } from 'node:worker_threads'
import type Database from 'better-sqlite3'

export default function setUp(database: Database.Database): void {
  database.function('die_soon', { directOnly: true }, (ms: unknown) => {
    if (isMainThread) throw new Error('only a worker may die')
    setTimeout(() => process.exit(1), Number(ms))
    return 1
  })
}
