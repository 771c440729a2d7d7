// A database in a folder of its own, for any backend that opens SQLite files: probed and shared by other processes.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { TestDatabase, TestFiles } from '../src/suite/harness.ts'
import { backupFolder } from './backup-folder.ts'
import { spawnClientProcess } from './client-process.ts'
import { changeFiles, probeSqlite } from './probe-process.ts'
import type { Run } from './run.ts'

/** `run` is the name under which another process finds `openStore`. */
export async function createSqliteFileDatabase(
  run: string,
  openStore: Run['openStore'],
  { hasBackups = false, isWatched = false }: { readonly hasBackups?: boolean; readonly isWatched?: boolean } = {},
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
    files: isWatched ? filesOf(path) : undefined,
    drop: () => rm(folder, { recursive: true, force: true }),
  }
}

async function sizeBytes(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function filesOf(path: string): TestFiles {
  const start = basename(path)
  return {
    change: async (changes) => void (await changeFiles(path, changes)),
    names: async () =>
      (await readdir(dirname(path)))
        .filter((name) => name.startsWith(start))
        .map((name) => name.slice(start.length))
        .sort(),
    probe: (name, sql) => probeSqlite(`${path}${name}`, sql),
  }
}
