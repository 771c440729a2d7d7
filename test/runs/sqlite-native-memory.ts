// Native SQLite in memory: one connection, nothing outside the process.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@upkeep/core'
import { openStore as openByUrl } from '@upkeep/core'
import { openSqliteStore, sqliteNative } from '@upkeep/sqlite-native'
import type { TestStoreOptions } from '../src/suite/harness.ts'
import { backupFolder } from './backup-folder.ts'
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
      cancellation: 'deadline',
      workers: false,
      vacuum: false,
      maintenance: 'inline',
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
      backup: 'inline',
      reopen: false,
      changeNotice: false,
    },
    async createDatabase() {
      const folder = join(tmpdir(), `upkeep-${randomUUID()}`)
      return {
        openStore: (options = {}) => openStore('', options),
        backups: backupFolder(folder, (path) => openSqliteStore({ path, durability: 'normal' })),
        drop: () => rm(folder, { recursive: true, force: true }),
      }
    },
  },
}
