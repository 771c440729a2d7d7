/**
 * Arrays as the server writes them: `{1,2}`, `{{a,"b c"},{NULL,"\"q\""}}`, `[0:1]={1,2}`.
 *
 * It reads what a server has written, and checks nothing. Source: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */

/** The array in `text`, its elements decoded; NULL is `null`. Bounds other than from 1 are left out. */
export function parseArray(text: string, decode: (element: string) => unknown): unknown[] {
  const open: unknown[][] = []
  let last: unknown[] = []
  let at = text.indexOf('{')
  while (at < text.length) {
    const char = text[at]
    if (char === '{') {
      const inner: unknown[] = []
      open.at(-1)?.push(inner)
      open.push(inner)
      at++
    } else if (char === '}') {
      last = open.pop() ?? last
      at++
    } else if (char === ',') {
      at++
    } else {
      const { element, end } = char === '"' ? quoted(text, at) : plain(text, at)
      open.at(-1)?.push(element === null ? null : decode(element))
      at = end
    }
  }
  return last
}

function quoted(text: string, from: number): { element: string; end: number } {
  let element = ''
  let at = from + 1
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') at++
    element += text[at]
    at++
  }
  return { element, end: at + 1 }
}

function plain(text: string, from: number): { element: string | null; end: number } {
  let end = from
  while (end < text.length && text[end] !== ',' && text[end] !== '}') end++
  const element = text.slice(from, end)
  return { element: element === 'NULL' ? null : element, end }
}
