/**
 * The words of a SQL text, without comments and blanks. Just enough to know what kind of statement it is: it is no
 * parser, and what SQLite would refuse passes here.
 */

/** A word, a quoted name or a single character. */
export interface SqlToken {
  /** In lower case, without its quotes. */
  readonly text: string
  readonly quoted: boolean
}

/** Blanks and comments, then quoted names and strings, then words, then anything else. */
const TOKEN =
  /(\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|("(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`|'(?:[^']|'')*')|([\w$\u0080-\uffff]+)|([\s\S])/g

/** The tokens of `sql`; semicolons are left out. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = []
  for (const [text, blank, quoted] of sql.matchAll(TOKEN)) {
    if (blank !== undefined || text === ';') continue
    const isQuoted = quoted !== undefined
    tokens.push({ text: (isQuoted ? text.slice(1, -1) : text).toLowerCase(), quoted: isQuoted })
  }
  return tokens
}
