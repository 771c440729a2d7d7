// A folder of its own for each test, removed at its end. Looks at files by `stat` only.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface TempFolder {
  readonly folder: string
  path(...names: string[]): string
  /** What is in it, or in a folder in it, by name. */
  files(...names: string[]): string[]
  /** Permission bits, as in `chmod`. */
  mode(...names: string[]): string
}

export function tempFolder(): TempFolder {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-unit-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = (...names: string[]): string => join(folder, ...names)
  return {
    folder,
    path,
    files: (...names) => readdirSync(path(...names)).sort(),
    mode: (...names) => (statSync(path(...names)).mode & 0o777).toString(8).padStart(4, '0'),
  }
}
