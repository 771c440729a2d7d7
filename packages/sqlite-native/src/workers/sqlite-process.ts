/**
 * The process behind {@link ProcessExecutor}: one connection, and whatever is sent for it. Not for import.
 *
 * It only reads, so that it may be killed at any moment, and nothing else stops what it runs. It outlives nobody: while
 * it is in SQLite a thread of its own watches for the end of the process that has started it.
 */
import { Worker } from 'node:worker_threads'
import { serveSqlite } from '@upkeep/core/sqlite/host'
import { loadBetterSqlite3 } from '../better-sqlite3-port.ts'
import { endProcess } from './end-process.ts'
import type { ProcessData } from './process-messages.ts'

/** What comes before somebody listens. */
const early: unknown[] = []
let listener: (message: unknown) => void = (message) => void early.push(message)
let begin: (data: ProcessData) => void
const begun = new Promise<ProcessData>((resolve) => {
  begin = resolve
})
process.once('message', (data: ProcessData) => {
  begin(data)
  process.on('message', (message) => listener(message))
})
process.on('disconnect', endProcess)
new Worker(new URL('./parent-watch.js', import.meta.url), { execArgv: [] }).unref()

const { setup, ...served } = await begun
const port = await loadBetterSqlite3(setup)

serveSqlite(
  {
    post: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (listen) => {
      listener = listen
      for (const message of early.splice(0)) listen(message)
    },
    // It ends with whoever could be told.
    onGone: () => undefined,
  },
  { port, ...served },
)
