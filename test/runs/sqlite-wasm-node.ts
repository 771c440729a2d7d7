// SQLite WASM in a worker thread of Node, in memory: one connection, nothing outside the process.
import { openStore as openByUrl, type Store } from '@upkeep/core'
import { sqliteWasm } from '@upkeep/sqlite-wasm'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import type { Run } from './run.ts'

function openStore<DB>(
  _location: string,
  { busyTimeoutMs, readOnly, ...options }: TestStoreOptions,
): Promise<Store<DB>> {
  if (readOnly !== undefined) throw new Error('a database in memory is never opened read-only by the suite')
  const query = busyTimeoutMs === undefined ? '' : `?busyTimeoutMs=${busyTimeoutMs}`
  return openByUrl<DB>(`sqlite::memory:${query}`, { backends: [sqliteWasm()], ...options })
}

export const sqliteWasmNode: Run = {
  openStore,
  harness: {
    name: 'sqlite-wasm/node',
    dialect: 'sqlite',
    capabilities: {
      cancellation: 'interrupt',
      workers: false,
      vacuum: false,
      maintenance: 'worker',
      singleMaintainer: false,
      concurrentReads: false,
      concurrentWrites: false,
      asyncContext: true,
      multiProcess: false,
      persistent: false,
      writable: true,
      writeAheadLog: false,
      checkpointer: false,
      incrementalReclaim: true,
      backup: false,
      reopen: false,
      changeNotice: true,
    },
    createDatabase: async () => ({
      openStore: (options = {}) => openStore('', options),
      drop: async () => undefined,
    }),
  },
}
