// A database in a folder of its own, for any backend that opens SQLite files: probed and shared by other processes.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestDatabase } from '../src/suite/harness.ts'
import { backupFolder } from './backup-folder.ts'
import { spawnClientProcess } from './client-process.ts'
import { probeSqlite } from './probe-process.ts'
import type { Run } from './run.ts'

/** `run` is the name under which another process finds `openStore`. */
export async function createSqliteFileDatabase(
  run: string,
  openStore: Run['openStore'],
  { hasBackups = false }: { readonly hasBackups?: boolean } = {},
): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'upkeep-'))
  const path = join(folder, 'test.db')
  return {
    openStore: (options = {}) => openStore(path, options),
    probe: (sql) => probeSqlite(path, sql),
    spawnClient: () => spawnClientProcess(run, path),
    fileSizeBytes: () => sizeBytes(path),
    walSizeBytes: () => sizeBytes(`${path}-wal`),
    backups: hasBackups ? backupFolder(join(folder, 'backups'), openStore) : undefined,
    drop: () => rm(folder, { recursive: true, force: true }),
  }
}

async function sizeBytes(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}
