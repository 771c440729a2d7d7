/**
 * The thread behind {@link ThreadExecutor}: one connection, and whatever is sent for it. Not for import.
 *
 * It loads the very file of the driver that the store has loaded. Locks on a file belong to the process: a second copy
 * of SQLite would drop those of the first.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { StopWord, serveSqlite } from '@upkeep/core/sqlite/host'
import Database from 'better-sqlite3'
import { loadBetterSqlite3 } from '../better-sqlite3-port.ts'
import { InterruptLibrary } from '../interrupt/interrupt-library.ts'
import { tellLoaded } from './loading-threads.ts'
import type { ThreadData } from './thread-messages.ts'

const data = workerData as ThreadData
const { path, options, setup, maxWorkers, addonPath, libraryPath, stopBuffer, loadedBuffer } = data
const library = new InterruptLibrary(Database, libraryPath)
const port = await loadBetterSqlite3(setup, { addonPath })

// The driver loads its addon with the first database.
port.open(':memory:', { readOnly: false, mustExist: false, plain: true }).close()
tellLoaded(loadedBuffer)

serveSqlite(
  {
    post: (message) => parentPort?.postMessage(message),
    onMessage: (listener) => parentPort?.on('message', listener),
    onGone: (listener) => parentPort?.on('close', () => listener('has gone')),
  },
  {
    port,
    path,
    options,
    maxWorkers,
    stopWord: new StopWord(stopBuffer),
    token: (db) => library.register(db.raw as Database.Database),
  },
)
