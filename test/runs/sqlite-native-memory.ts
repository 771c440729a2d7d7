// Native SQLite in memory: one connection, nothing outside the process.
import type { Store } from '@upkeep/core'
import { openStore as openByUrl } from '@upkeep/core'
import { sqliteNative } from '@upkeep/sqlite-native'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import type { Run } from './run.ts'

function openStore<DB>(
  _location: string,
  { busyTimeoutMs, readOnly, ...options }: TestStoreOptions,
): Promise<Store<DB>> {
  if (readOnly !== undefined) throw new Error('a database in memory is never opened read-only by the suite')
  const query = busyTimeoutMs === undefined ? '' : `?busyTimeoutMs=${busyTimeoutMs}`
  return openByUrl<DB>(`sqlite::memory:${query}`, { backends: [sqliteNative()], ...options })
}

export const sqliteNativeMemory: Run = {
  openStore,
  harness: {
    name: 'sqlite-native/memory',
    dialect: 'sqlite',
    capabilities: {
      cancellation: false,
      vacuum: false,
      maintenance: 'inline',
      singleMaintainer: false,
      concurrentReads: false,
      asyncContext: true,
      multiProcess: false,
      persistent: false,
      writable: true,
      writeAheadLog: false,
      incrementalReclaim: true,
    },
    createDatabase: async () => ({
      openStore: (options = {}) => openStore('', options),
      drop: async () => undefined,
    }),
  },
}
