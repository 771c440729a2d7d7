/**
 * The file of better-sqlite3's addon that this thread has loaded. SQLite's locks belong to the process, and only one copy
 * of it knows them all: a thread that opens the database must have this very file.
 */
import { createRequire } from 'node:module'

/** Absolute path; `undefined` as long as no database was opened, and where a bundler has loaded it by other means. */
export function loadedAddonPath(): string | undefined {
  const modules = Object.values(createRequire(import.meta.url).cache)
  return modules.find((module) => module !== undefined && isAddon(module.filename, module.exports))?.filename
}

function isAddon(filename: string, exports: unknown): boolean {
  return filename.endsWith('.node') && typeof (exports as { Database?: unknown } | null)?.Database === 'function'
}
