// Which servers a machine cannot have: pgbouncer and pg_basebackup are in no package of the registry. Tests on them are
// skipped there, by name, and `npm test` lists each; where UPKEEP_TEST_NEEDS_ALL is set they fail instead.
import { installedPgbouncer, installedPostgres } from './postgres-binaries.ts'
import type { ServerName } from './server-name.ts'

/** Whether tests on this server are left out on this machine. */
export function isLeftOut(name: ServerName): boolean {
  if (process.env.UPKEEP_TEST_NEEDS_ALL) return false
  if (name === 'pgbouncer') return installedPgbouncer() === undefined
  return name === 'standby' && installedPostgres() === undefined
}
