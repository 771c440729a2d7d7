/**
 * What the figures were measured on and with: enough to compare runs, nothing that names the machine or its owner.
 */
import { readFileSync, statfsSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, cpus, release, tmpdir, totalmem, type } from 'node:os'
import Database from 'better-sqlite3'

// The magic numbers of statfs(2).
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x01021994: 'tmpfs (in memory: syncs cost nothing there)',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
  0x2fc12fc1: 'zfs',
  0xf2f52010: 'f2fs',
}

const LIBRARIES = [
  'better-sqlite3',
  'kysely',
  'drizzle-orm',
  '@upkeep/sqlite-native',
  'pg',
  'postgres',
  'knex',
] as const

/** Where the temporary databases go. */
export function databaseFolder(): string {
  return tmpdir()
}

function versionOf(library: string): string {
  let path: string | undefined
  try {
    path = findPackageJSON(library, import.meta.url)
  } catch {
    // It throws for a package that is not installed.
  }
  if (path === undefined) return '(absent)'
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

function describeFileSystem(folder: string): string {
  const kind = Number(statfsSync(folder).type) >>> 0
  return FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`
}

function sqliteVersion(): string {
  const database = new Database(':memory:')
  try {
    return database.prepare<[], string>('select sqlite_version()').pluck().get() ?? 'unknown'
  } finally {
    database.close()
  }
}

/** The description as Markdown list items. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const versions = LIBRARIES.map((library) => `${library} ${versionOf(library)}`)
  return [
    `- ${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB memory`,
    `- ${type()} ${release()} ${arch()}, databases on ${describeFileSystem(databaseFolder())}`,
    `- Node ${process.versions.node}, SQLite ${sqliteVersion()}, ${versions.join(', ')}`,
    `- ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n')
}
