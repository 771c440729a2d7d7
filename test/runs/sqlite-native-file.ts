// Native SQLite on files.
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import type { Run } from './run.ts'
import { createSqliteFileDatabase } from './sqlite-file-database.ts'

const NAME = 'sqlite-native/file'

function openStore<DB>(path: string, options: TestStoreOptions): Promise<Store<DB>> {
  // No test cuts the power, and waiting for the disk is most of what the suite would do.
  return openSqliteStore<DB>({ path, durability: 'normal', ...options })
}

export const sqliteNativeFile: Run = {
  openStore,
  harness: {
    name: NAME,
    dialect: 'sqlite',
    capabilities: {
      cancellation: 'interrupt',
      workers: true,
      vacuum: 'process',
      maintenance: 'worker',
      singleMaintainer: 'file',
      concurrentReads: true,
      concurrentWrites: false,
      asyncContext: true,
      multiProcess: true,
      persistent: true,
      writable: true,
      writeAheadLog: true,
      checkpointer: 'thread',
      incrementalReclaim: true,
      backup: 'process',
      reopen: true,
      changeNotice: false,
    },
    createDatabase: () => createSqliteFileDatabase(NAME, openStore, { hasBackups: true, isWatched: true }),
  },
}
