// Postgres and pgbouncer refuse to run as root. Where the tests do (a container, mostly), they run as `nobody`, whom
// every Unix has. Creates no user.
import { execFileSync } from 'node:child_process'
import { chownSync } from 'node:fs'

/** What `spawn` takes. */
export interface ProcessUser {
  readonly uid?: number
  readonly gid?: number
}

/** `nobody` for root; who runs the tests otherwise. */
export function unprivilegedUser(): ProcessUser {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** Gives a file or folder to `user`. */
export function giveTo(user: ProcessUser, path: string): void {
  if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid)
}
