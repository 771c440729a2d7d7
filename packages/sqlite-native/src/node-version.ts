/** better-sqlite3 crashes the process on a Node that is too old, so the version is looked at before it is loaded. */
import { StoreError } from '@upkeep/core/sqlite/host'

/** The oldest major version that better-sqlite3 runs on. */
const MIN_NODE_MAJOR = 22

/** @throws UNSUPPORTED on an older Node */
export function assertNodeVersion(version: string): void {
  const major = Number.parseInt(version.replace(/^v/, ''), 10)
  if (major >= MIN_NODE_MAJOR) return
  throw new StoreError(
    'UNSUPPORTED',
    `@upkeep/sqlite-native needs Node ${MIN_NODE_MAJOR} or newer; this is ${version}`,
    { operation: 'open' },
  )
}
