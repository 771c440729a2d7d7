// The example backend from outside, on files. The probes use better-sqlite3, in their own process: two copies of SQLite
// never have the file open in one.
import type { Store } from '@upkeep/core'
import { openNodeSqliteStore } from '@upkeep/example-backend-node-sqlite'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import type { Run } from './run.ts'
import { createSqliteFileDatabase } from './sqlite-file-database.ts'

const NAME = 'node-sqlite'

function openStore<DB>(
  path: string,
  { busyTimeoutMs, readOnly, checkpointer, walLimitBytes, maxReadAgeMs, ...storeOptions }: TestStoreOptions,
): Promise<Store<DB>> {
  const sqlite = { busyTimeoutMs, readOnly, checkpointer, walLimitBytes, maxReadAgeMs }
  return openNodeSqliteStore<DB>(path, { durability: 'normal', ...sqlite }, storeOptions)
}

export const nodeSqlite: Run = {
  openStore,
  harness: {
    name: NAME,
    dialect: 'sqlite',
    capabilities: {
      cancellation: false,
      workers: false,
      vacuum: false,
      maintenance: 'inline',
      singleMaintainer: 'file',
      concurrentReads: true,
      concurrentWrites: false,
      asyncContext: true,
      multiProcess: true,
      persistent: true,
      writable: true,
      writeAheadLog: true,
      checkpointer: false,
      incrementalReclaim: true,
      backup: false,
      reopen: false,
      changeNotice: false,
    },
    createDatabase: () => createSqliteFileDatabase(NAME, openStore),
  },
}
