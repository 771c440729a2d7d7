// SQLite WASM in a page, on OPFS: with the headers that give it shared memory, and without them.
import type { Store } from '@upkeep/core'
import { openWasmStore } from '@upkeep/sqlite-wasm'
import type { Harness, TestStoreOptions } from '../src/suite/harness.ts'
import { dropOpfs, opfsFileSize } from './opfs-folder.ts'
import type { Run } from './run.ts'

function openStore<DB>(name: string, { busyTimeoutMs, readOnly, ...options }: TestStoreOptions): Promise<Store<DB>> {
  return openWasmStore<DB>({ path: `opfs:${name}`, durability: 'normal', busyTimeoutMs, readOnly, ...options })
}

function opfsRun(name: string): Run {
  const harness: Harness = {
    name,
    dialect: 'sqlite',
    capabilities: {
      cancellation: 'interrupt',
      workers: false,
      vacuum: 'worker',
      maintenance: 'worker',
      singleMaintainer: false,
      concurrentReads: false,
      concurrentWrites: false,
      asyncContext: false,
      multiProcess: false,
      persistent: true,
      writable: true,
      writeAheadLog: true,
      checkpointer: false,
      incrementalReclaim: true,
      backup: false,
      reopen: false,
      changeNotice: true,
    },
    async createDatabase() {
      const database = `test-${crypto.randomUUID()}`
      return {
        openStore: (options = {}) => openStore(database, options),
        fileSizeBytes: () => opfsFileSize(database, `/${database}`),
        walSizeBytes: () => opfsFileSize(database, `/${database}-wal`),
        drop: () => dropOpfs(database),
      }
    },
  }
  return { openStore, harness }
}

export const sqliteWasmOpfs: Run = opfsRun('sqlite-wasm/opfs')
export const sqliteWasmOpfsNoIsolation: Run = opfsRun('sqlite-wasm/opfs-no-isolation')
