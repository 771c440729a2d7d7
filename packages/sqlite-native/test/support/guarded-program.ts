// Programs that run endless statements under the watchdog, in a process of their own: one that is not stopped would hang
// the test that waits for it, so it is killed.
import { answerOfNode } from './run-node.ts'

/** When a program is given up, which has then failed. */
const LATE_MS = 50_000

/** Opens guarded connections of the port; `endless` never ends by itself, `sleep` holds the thread outside of SQLite. */
export const GUARDED_PROGRAM = `
  import { loadBetterSqlite3 } from './dist/better-sqlite3-port.js'
  const port = await loadBetterSqlite3({ extensions: [], setupModule: undefined }, { guard: { interrupt: true, log: console } })
  const open = (path = ':memory:') => port.open(path, { readOnly: false, mustExist: false, guarded: true })
  const endless = (db) => db.prepare(
    'WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c')
  const sleep = (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  const codeOf = (work) => { try { work(); return 'done' } catch (error) { return error.code } }
  const answer = (value) => console.log(JSON.stringify(value))
`

/** Runs a program that ends with a call of `answer`. */
export function answerOfGuarded<T>(program: string, env: NodeJS.ProcessEnv = {}): Promise<T> {
  return answerOfNode<T>(GUARDED_PROGRAM + program, { timeoutMs: LATE_MS, env })
}
