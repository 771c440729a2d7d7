/**
 * SQL with `?` in place of its literals, so that it can be shown and logged: strings, numbers, blobs, dollar quotes.
 *
 * Names and parameters stay. Comments are left out, since anything may stand in them. It reads the literals of SQLite
 * and of Postgres alike, and is no parser. Where it cannot be sure that the two read on in the same way, the rest of
 * the text is left out: rather too little is shown than a value.
 *
 * Source: https://www.sqlite.org/lang_expr.html,
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */

/** What stands in place of a literal. */
const HIDDEN = '?'

/** In both languages, whatever is beyond ASCII is a letter. */
const LETTER = 'A-Za-z_\\u0080-\\uffff'

/** Words, parameters, operators and blanks, a few hundred at a time; a word before a quote may be part of a literal. */
const PLAIN = sticky(
  `(?:[${LETTER}][${LETTER}\\d$]*(?![${LETTER}\\d$'])|[\\s,()=<>*+;!|&~^%{}:@#\\]\\\\]|\\?\\d*|\\$\\d+|\\.(?!\\d)|-(?!-)|/(?!\\*)){1,200}`,
)
/** Postgres' `E'…'`, in which a backslash escapes a quote. */
const ESCAPED_STRING = sticky("[eE]'[^'\\\\]*(?:(?:''|\\\\[\\s\\S])[^'\\\\]*)*(?:'|$)")
/** Also blobs, bits and national characters. One that is not closed is the rest of the text. */
const STRING = sticky("[xXbBnN]?'[^']*(?:''[^']*)*(?:'|$)")
/** With all that is glued to it: `0xff`, `1_000`, `1e-9`. */
const NUMBER = sticky(`(?:\\d[\\d_]*\\.?|\\.\\d)[\\d_]*(?:[eE][+-]?\\d+)?[${LETTER}\\d]*`)
const WORD = sticky(`[${LETTER}][${LETTER}\\d$]*`)
const QUOTED_NAME = sticky('"[^"]*(?:""[^"]*)*"(?!")|`[^`]*(?:``[^`]*)*`(?!`)')
const LINE_COMMENT = sticky('--[^\\n]*')
const DOLLAR_QUOTE = sticky(`\\$(?:[${LETTER}][${LETTER}\\d]*)?\\$`)

/** `sql` without its literals and comments. */
export function redactLiterals(sql: string): string {
  let shown = ''
  let at = 0
  // Of what SQLite would call a quoted name and Postgres an array.
  let bracketEnd = -1
  while (at < sql.length) {
    const plainEnd = endOf(PLAIN, sql, at)
    if (plainEnd !== undefined) {
      shown += sql.slice(at, plainEnd)
      at = plainEnd
      continue
    }
    if (sql[at] === '[' && at > bracketEnd) bracketEnd = indexOrEnd(sql, ']', at)
    const token = tokenAt(sql, at)
    const isSplit = at < bracketEnd && token.end > bracketEnd
    shown += isSplit ? HIDDEN : token.shown
    if (isSplit) break
    at = token.end
  }
  return shown.trim()
}

interface Token {
  readonly shown: string
  readonly end: number
}

function tokenAt(sql: string, at: number): Token {
  const literalEnd =
    endOf(ESCAPED_STRING, sql, at) ?? endOf(STRING, sql, at) ?? endOf(NUMBER, sql, at) ?? dollarQuoteEnd(sql, at)
  if (literalEnd !== undefined) return { shown: HIDDEN, end: literalEnd }
  const nameEnd = endOf(QUOTED_NAME, sql, at) ?? endOf(WORD, sql, at)
  if (nameEnd !== undefined) return { shown: sql.slice(at, nameEnd), end: nameEnd }
  const commentEnd = endOf(LINE_COMMENT, sql, at)
  if (commentEnd !== undefined) return { shown: ' ', end: commentEnd }
  if (sql.startsWith('/*', at)) return blockComment(sql, at)
  const char = sql[at] as string
  // A quote that is not closed, or a bracket: who knows what is quoted by it.
  const isOpen = char === '"' || char === '`' || (char === '[' && !sql.includes(']', at))
  return isOpen ? { shown: HIDDEN, end: sql.length } : { shown: char, end: at + 1 }
}

/** Comments within comments are comments in Postgres only. */
function blockComment(sql: string, at: number): Token {
  const end = indexOrEnd(sql, '*/', at + 2)
  if (sql.slice(at + 2, end).includes('/*')) return { shown: ` ${HIDDEN}`, end: sql.length }
  return { shown: ' ', end: Math.min(end + 2, sql.length) }
}

/** One that is not closed is the rest of the text. */
function dollarQuoteEnd(sql: string, at: number): number | undefined {
  const openEnd = endOf(DOLLAR_QUOTE, sql, at)
  if (openEnd === undefined) return undefined
  const quote = sql.slice(at, openEnd)
  return Math.min(indexOrEnd(sql, quote, openEnd) + quote.length, sql.length)
}

function indexOrEnd(sql: string, text: string, from: number): number {
  const index = sql.indexOf(text, from)
  return index === -1 ? sql.length : index
}

function sticky(source: string): RegExp {
  return new RegExp(source, 'y')
}

/** Where what `pattern` matches at `at` ends. */
function endOf(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : undefined
}
