/**
 * What kind of statement a text is, decided by its words alone, before anything is sent.
 *
 * It is no parser: what the server would refuse passes here, and what a function of the database does behind a SELECT
 * is not seen.
 */

/** See the module. */
export type StatementClass =
  /** Changes no row by its own words. */
  | 'read'
  /** Changes rows. */
  | 'write'
  /** Anything else that leaves the connection alone: DDL, EXPLAIN, CALL, … Never prepared by name. */
  | 'command'
  /** Changes the connection, beyond a transaction too: only on a pinned one, which is reset afterwards. */
  | 'connection'
  /** Changes the transaction it stands in: only on a pinned connection or in a transaction. */
  | 'local'
  /** BEGIN, COMMIT, SAVEPOINT, …: only on a pinned connection outside a transaction of ours. */
  | 'transaction'
  /** VACUUM: `maintenance()` does it. */
  | 'vacuum'

const CLASSES: Readonly<Record<string, StatementClass>> = {
  select: 'read',
  values: 'read',
  table: 'read',
  with: 'read',
  insert: 'write',
  update: 'write',
  delete: 'write',
  merge: 'write',
  set: 'connection',
  reset: 'connection',
  discard: 'connection',
  listen: 'connection',
  unlisten: 'connection',
  load: 'connection',
  prepare: 'connection',
  execute: 'connection',
  deallocate: 'connection',
  declare: 'local',
  fetch: 'local',
  move: 'local',
  close: 'local',
  lock: 'local',
  begin: 'transaction',
  start: 'transaction',
  commit: 'transaction',
  end: 'transaction',
  abort: 'transaction',
  rollback: 'transaction',
  savepoint: 'transaction',
  release: 'transaction',
  vacuum: 'vacuum',
}

/** Comments, blanks and brackets before the first word. */
const START = /^(?:[\s(]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/
const WRITES = /\b(?:insert|update|delete|merge|into)\b/i
/** FOR UPDATE locks rows and changes none. */
const ROW_LOCK = /\bfor\s+(?:no\s+key\s+)?update\b/gi
const LOCAL_SET = /^set\s+(?:local|transaction|constraints)\b/i
const TEMPORARY = /^create\s+(?:(?:global|local)\s+)?(?:temp|temporary)\b|^create\b[^'"]*\bpg_temp\b/i
/** Functions whose effect stays with the connection. */
const CONNECTION_FUNCTION = /\b(?:set_config|pg_(?:try_)?advisory_(?:lock|unlock)\w*)\s*\(/i
/** Of them, those that end with the transaction, by a literal `true`. */
const LOCAL_SET_CONFIG = /\bset_config\s*\([^()]*,\s*true\s*\)/gi
/** PREPARE TRANSACTION ends a transaction. */
const PREPARE_TRANSACTION = /^prepare\s+transaction\b/i

/** The class of a statement. */
export function classifyStatement(sql: string): StatementClass {
  const text = sql.slice(START.exec(sql)?.[0].length ?? 0)
  const word = /^[a-z]+/i.exec(text)?.[0].toLowerCase() ?? ''
  const known = CLASSES[word] ?? 'command'
  if (known === 'connection') {
    if (LOCAL_SET.test(text)) return 'local'
    return PREPARE_TRANSACTION.test(text) ? 'transaction' : 'connection'
  }
  if (known === 'command') return TEMPORARY.test(text) ? 'connection' : 'command'
  if (known !== 'read' && known !== 'write') return known
  if (CONNECTION_FUNCTION.test(text.replace(LOCAL_SET_CONFIG, ' '))) return 'connection'
  if (known === 'read' && WRITES.test(text.replace(ROW_LOCK, ' '))) return 'write'
  return known
}

/** Whether a statement may change something, so that it matters whether it ran. */
export function mayWrite(kind: StatementClass): boolean {
  return kind !== 'read'
}

const MAX_REMEMBERED = 5000

/** Remembers the classes of texts: the same few come again and again. */
export class StatementClasses {
  readonly #known = new Map<string, StatementClass>()

  of(sql: string): StatementClass {
    const known = this.#known.get(sql)
    if (known !== undefined) return known
    // Texts that are made up anew each time must not pile up.
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
    const kind = classifyStatement(sql)
    this.#known.set(sql, kind)
    return kind
  }
}
