/**
 * What SQLite says, without the values that it repeats. Names of tables and columns, and the text of constraints, stay:
 * they are the schema's.
 *
 * While a statement is compiled nothing is bound to it, so only literals of its text can be repeated. While it runs
 * anything can: `bad JSON path: '…'`, `no such column: …` for a full-text query, `unable to open database: …`. There,
 * what comes after a colon, a quote or a bracket goes, unless it is known to be a name.
 *
 * Not known to it: an unquoted word where a literal was meant. To SQLite that is a name.
 */

/** Where an error came up: SQLITE_ERROR while compiling is the statement's fault. */
export type SqlitePhase = 'prepare' | 'execute'

const LITERAL_TOKEN = /^near "(?:x?'|[\d.]).*": syntax error$/is
const BROKEN_TOKEN = /^unrecognized token: ".*"$/s

/** Of the schema, which is the application's own text: never a value that was bound. */
const ABOUT_NAMES = [
  /^error in (?:view|trigger|index|table) .* after (?:rename|drop column|add column): /s,
  /^no such (?:table|module|savepoint): /,
  /^database (?:table|schema) is locked: /,
  /^foreign key mismatch - "/,
]
/** Of ATTACH and DETACH, whose names can be bound. */
const BOUND_NAMES = [/^(database) .+ (is already in use|is locked)$/s, /^(cannot detach database) .+$/s]
/** Up to what may be a value. */
const PLAIN_PART = /^(?:fts5: )?[^:"'[]*/

/** `message` of SQLite without values; the very same where it had none. */
export function withoutValues(message: string, phase: SqlitePhase): string {
  return phase === 'prepare' ? withoutLiterals(message) : withoutBoundValues(message)
}

function withoutLiterals(message: string): string {
  if (LITERAL_TOKEN.test(message)) return 'near a literal: syntax error'
  return BROKEN_TOKEN.test(message) ? 'unrecognized token' : message
}

function withoutBoundValues(message: string): string {
  if (ABOUT_NAMES.some((shape) => shape.test(message))) return message
  for (const shape of BOUND_NAMES) {
    const [, before, after = ''] = shape.exec(message) ?? []
    if (before !== undefined && !/^database (?:table|schema) /.test(message)) return `${before} … ${after}`.trim()
  }
  const [plain] = PLAIN_PART.exec(message) ?? ['']
  return plain === message ? message : `${plain.trimEnd()}: …`
}
