// A folder for backups that are files; it is made when it is first asked for.
import { mkdirSync } from 'node:fs'
import { readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '@upkeep/core'
import type { TestBackups } from '../src/suite/harness.ts'

/** `openStore` opens the file at a path. */
export function backupFolder(
  folder: string,
  openStore: (path: string, options: object) => Promise<Store<any>>,
): TestBackups {
  const path = (name: string): string => {
    mkdirSync(folder, { recursive: true })
    return join(folder, name)
  }
  return {
    path,
    names: async () => (await readdir(folder)).sort(),
    async link(name, to) {
      await symlink(to, path(name))
      return path(name)
    },
    open: (location) => openStore(location, {}),
  }
}
