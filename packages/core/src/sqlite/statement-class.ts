/**
 * What kind of statement a text is, decided by its words alone, before anything is prepared: a flag PRAGMA acts while
 * it is being prepared.
 *
 * It is an allowlist: only what is surely a plain read is called one, and only what surely leaves the connection alone
 * is let onto a shared one. `sqlite3_stmt_readonly` is not enough for that: it is also true for BEGIN, for ATTACH and
 * for `PRAGMA query_only=0`.
 */
import { type SqlToken, sqlTokens } from './sql-tokens.ts'

/** See the module. */
export type StatementClass =
  /** May run on a reader, if it then turns out to be read-only and to return columns. */
  | 'read'
  /** Anything that runs on the writer and may be cached. */
  | 'write'
  /** Changes the schema: everybody's prepared statements are dropped. */
  | 'schema'
  /** The same, for an object that exists on one connection only. */
  | 'temporary schema'
  /** Never cached; `PRAGMA` reads and those few that belong to the database, and EXPLAIN. */
  | 'pragma'
  /** Changes the connection: only on a pinned one. */
  | 'connection'
  /** BEGIN, COMMIT, SAVEPOINT, …: only on a pinned connection outside a transaction of ours. */
  | 'transaction'
  /** VACUUM: waits and blocks; `maintenance()` does it. */
  | 'vacuum'

const READ_WORDS: ReadonlySet<string> = new Set(['select', 'with', 'values'])
const SCHEMA_WORDS: ReadonlySet<string> = new Set(['create', 'drop', 'alter'])
const TRANSACTION_WORDS: ReadonlySet<string> = new Set(['begin', 'commit', 'end', 'rollback', 'savepoint', 'release'])

/** Functions that answer for the connection they run on. */
const CONNECTION_FUNCTIONS: ReadonlySet<string> = new Set([
  'changes',
  'last_insert_rowid',
  'load_extension',
  'total_changes',
])

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

/** Classifies `sql`; `customFunctions` (in lower case) are treated as functions that answer for their connection. */
export function classifyStatement(sql: string, customFunctions: ReadonlySet<string> = new Set()): StatementClass {
  const tokens = sqlTokens(sql)
  const word = wordAt(tokens, 0)
  if (READ_WORDS.has(word)) return callsAny(tokens, CONNECTION_FUNCTIONS, customFunctions) ? 'write' : 'read'
  if (SCHEMA_WORDS.has(word)) return isTemporary(tokens) ? 'temporary schema' : 'schema'
  if (TRANSACTION_WORDS.has(word)) return 'transaction'
  if (word === 'pragma') return classifyPragma(tokens.slice(1))
  if (word === 'explain') return classifyExplained(tokens.slice(1))
  if (word === 'attach' || word === 'detach') return 'connection'
  if (word === 'vacuum') return 'vacuum'
  return 'write'
}

function wordAt(tokens: readonly SqlToken[], index: number): string {
  const token = tokens[index]
  return token === undefined || token.quoted ? '' : token.text
}

function callsAny(tokens: readonly SqlToken[], ...names: readonly ReadonlySet<string>[]): boolean {
  return tokens.some(({ text }, index) => tokens[index + 1]?.text === '(' && names.some((set) => set.has(text)))
}

/** What may stand before the name of the object. */
const SCHEMA_PREFIX: ReadonlySet<string> = new Set([
  ...SCHEMA_WORDS,
  'exists',
  'if',
  'index',
  'not',
  'table',
  'trigger',
  'unique',
  'view',
  'virtual',
])

/** `CREATE TEMP …`, or the name of the object qualified with `temp.` */
function isTemporary(tokens: readonly SqlToken[]): boolean {
  const second = wordAt(tokens, 1)
  if (second === 'temp' || second === 'temporary') return true
  const nameAt = tokens.findIndex(({ text, quoted }) => quoted || !SCHEMA_PREFIX.has(text))
  return tokens[nameAt]?.text === 'temp' && tokens[nameAt + 1]?.text === '.'
}

/** A flag PRAGMA acts even while it is explained. */
function classifyExplained(tokens: readonly SqlToken[]): StatementClass {
  const explained = wordAt(tokens, 0) === 'query' && wordAt(tokens, 1) === 'plan' ? tokens.slice(2) : tokens
  return wordAt(explained, 0) === 'pragma' ? classifyPragma(explained.slice(1)) : 'pragma'
}

/** `[schema.]name`, then perhaps a value. What does not look like that may be anything. */
function classifyPragma(tokens: readonly SqlToken[]): StatementClass {
  const unqualified = tokens[1]?.text === '.' ? tokens.slice(2) : tokens
  const [name, ...value] = unqualified
  if (name === undefined || !/^\w+$/.test(name.text)) return 'connection'
  if (DATABASE_PRAGMAS.has(name.text)) return 'pragma'
  return value.length > 0 || ACTING_PRAGMAS.has(name.text) ? 'connection' : 'pragma'
}

/** Whether it calls a function that answers for the connection it runs on. */
export function callsConnectionFunction(sql: string): boolean {
  return callsAny(sqlTokens(sql), CONNECTION_FUNCTIONS)
}

/** Whether it is an INSERT or a REPLACE, perhaps behind a WITH. */
export function isInsert(sql: string): boolean {
  const tokens = sqlTokens(sql)
  const word = wordAt(tokens, 0)
  return word === 'insert' || word === 'replace' || (word === 'with' && tokens.some(isInsertWord))
}

function isInsertWord({ text, quoted }: SqlToken, index: number, tokens: readonly SqlToken[]): boolean {
  return !quoted && (text === 'insert' || text === 'replace') && /^[a-z]/.test(wordAt(tokens, index + 1))
}
