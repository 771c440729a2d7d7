/**
 * What the server says, without the values that it repeats. Names of tables, columns and constraints stay: they are the
 * schema's.
 *
 * `detail`, `hint` and `where` are never shown: they hold rows. Of the message, where it is about names, quotes hold
 * names; elsewhere what comes after a colon, a quote or a bracket may be a value and goes. Messages may be in any
 * language, so nothing is told by their words.
 */

/** Classes of SQLSTATE in whose messages a quote holds a name. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const ABOUT_NAMES: ReadonlySet<string> = new Set(['23', '25', '2B', '3F', '40', '42', '53', '55', '57'])
const SYNTAX_ERROR = '42601'
const PLAIN_PART = /^[^:"'«»“”„‘([]*/
/** Of any language: some quote the other way round. */
const QUOTED = /["«»“”„]([^"«»“”„]*)["«»“”„]/g
const NAME = /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*$|^[^\w'"$]+$/

/** `message` of the server without values; the very same where it had none. */
export function withoutValues(message: string, sqlState: string): string {
  if (sqlState === SYNTAX_ERROR) return message.replace(QUOTED, (quoted, token) => (NAME.test(token) ? quoted : '"…"'))
  if (ABOUT_NAMES.has(sqlState.slice(0, 2))) return message
  const [plain] = PLAIN_PART.exec(message) ?? ['']
  return plain === message ? message : `${plain.trimEnd()}: …`
}
