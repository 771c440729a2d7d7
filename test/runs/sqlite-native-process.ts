// Native SQLite on files without the interrupt library: what may be stopped runs in processes that are killed.
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import type { Run } from './run.ts'
import { createSqliteFileDatabase } from './sqlite-file-database.ts'
import { sqliteNativeFile } from './sqlite-native-file.ts'

const NAME = 'sqlite-native/process'

function openStore<DB>(path: string, options: TestStoreOptions): Promise<Store<DB>> {
  return openSqliteStore<DB>({ path, durability: 'normal', interrupt: false, ...options })
}

export const sqliteNativeProcess: Run = {
  openStore,
  harness: {
    ...sqliteNativeFile.harness,
    name: NAME,
    capabilities: { ...sqliteNativeFile.harness.capabilities, cancellation: 'process', workers: false },
    createDatabase: () => createSqliteFileDatabase(NAME, openStore, { hasBackups: true, isWatched: true }),
  },
}
