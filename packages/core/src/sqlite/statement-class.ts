/**
 * What kind of statement a text is, decided by its words alone, before anything is prepared: a flag PRAGMA acts while
 * it is being prepared.
 *
 * It is an allowlist: only what is surely a plain read is called one. `sqlite3_stmt_readonly` is not enough for that:
 * it is also true for BEGIN, for ATTACH and for `PRAGMA query_only=0`.
 */

/** See the module. */
export type StatementClass =
  /** May run on a reader, if it then turns out to be read-only and to return columns. */
  | 'read'
  /** Anything that runs on the writer and may be cached. */
  | 'write'
  /** Changes the schema: everybody's prepared statements are dropped. */
  | 'schema'
  /** Never cached; `PRAGMA` reads and those few that belong to the database. */
  | 'pragma'
  /** Changes the connection: only on a pinned one. */
  | 'connection'
  /** BEGIN, COMMIT, SAVEPOINT, …: only on a pinned connection outside a transaction of ours. */
  | 'transaction'
  /** VACUUM: waits and blocks; `maintenance()` does it. */
  | 'vacuum'

const LEADING_BLANK = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)|;)+/
const FIRST_WORD = /^[a-z]+/i

const READ_WORDS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES'])
const SCHEMA_WORDS: ReadonlySet<string> = new Set(['CREATE', 'DROP', 'ALTER'])
const TRANSACTION_WORDS: ReadonlySet<string> = new Set(['BEGIN', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT', 'RELEASE'])

/** Functions that answer for the connection they run on. */
const CONNECTION_FUNCTIONS = /\b(?:last_insert_rowid|changes|total_changes|load_extension)\s*\(/i

/** `PRAGMA [schema.]name`, then what follows the name. */
const PRAGMA = /^pragma\s+(?:(?:"[^"]*"|\[[^\]]*\]|\w+)\s*\.\s*)?(\w+)\s*(.*)$/is

/** PRAGMAs that a value may be given to without changing the connection: they are stored in the database, or only read. */
const DATABASE_PRAGMAS: ReadonlySet<string> = new Set([
  'application_id',
  'user_version',
  'foreign_key_check',
  'foreign_key_list',
  'index_info',
  'index_list',
  'index_xinfo',
  'integrity_check',
  'quick_check',
  'table_info',
  'table_list',
  'table_xinfo',
])

/** PRAGMAs that act without being given a value. */
const ACTING_PRAGMAS: ReadonlySet<string> = new Set([
  'incremental_vacuum',
  'wal_checkpoint',
  'shrink_memory',
  'optimize',
])

/** Classifies `sql`. */
export function classifyStatement(sql: string): StatementClass {
  const text = sql.replace(LEADING_BLANK, '')
  const word = (FIRST_WORD.exec(text)?.[0] ?? '').toUpperCase()
  if (READ_WORDS.has(word)) return CONNECTION_FUNCTIONS.test(text) ? 'write' : 'read'
  if (SCHEMA_WORDS.has(word)) return 'schema'
  if (TRANSACTION_WORDS.has(word)) return 'transaction'
  if (word === 'PRAGMA') return classifyPragma(text)
  if (word === 'EXPLAIN') return classifyExplained(text)
  if (word === 'ATTACH' || word === 'DETACH') return 'connection'
  if (word === 'VACUUM') return 'vacuum'
  return 'write'
}

/** A flag PRAGMA acts even while it is explained. */
function classifyExplained(text: string): StatementClass {
  const explained = text.replace(/^explain\s+(?:query\s+plan\s+)?/i, '').replace(LEADING_BLANK, '')
  return /^pragma\b/i.test(explained) ? classifyPragma(explained) : 'pragma'
}

function classifyPragma(text: string): StatementClass {
  const match = PRAGMA.exec(text)
  const name = (match?.[1] ?? '').toLowerCase()
  const rest = (match?.[2] ?? '').trim()
  if (DATABASE_PRAGMAS.has(name)) return 'pragma'
  return rest === '' || rest === ';' ? (ACTING_PRAGMAS.has(name) ? 'connection' : 'pragma') : 'connection'
}

/** Whether the statement makes something that exists on one connection only. */
export function touchesTemporary(sql: string): boolean {
  return /\btemp(?:orary)?\b/i.test(sql)
}
