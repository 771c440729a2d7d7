// What a client may send as a note. It checks shapes; what a database has to say, the database says.
import { HttpError } from './http-error.ts'

/** A note without its id. */
export interface NoteInput {
  readonly title: string
  readonly body: string
  readonly done: boolean
  readonly price: string | null
  readonly due_at: Date | null
  readonly tags: readonly string[]
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NAMES: readonly string[] = ['title', 'body', 'done', 'price', 'due_at', 'tags']

/** @throws HttpError 400 */
export function parseNote(text: string): NoteInput {
  const given = parseObject(text)
  for (const name of Object.keys(given)) check(NAMES.includes(name), `a note has no ${JSON.stringify(name)}`)
  const { title, body = '', done = false, price = null, due_at = null, tags = [] } = given
  check(typeof title === 'string' && title !== '', 'title must be a text that is not empty')
  check(typeof body === 'string', 'body must be a text')
  check(typeof done === 'boolean', 'done must be true or false')
  check(price === null || (typeof price === 'string' && /^\d{1,9}(\.\d{1,4})?$/.test(price)), 'price: like "9.50"')
  check(due_at === null || isInstant(due_at), 'due_at must be an instant like 2026-01-31T12:00:00.000Z')
  check(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'), 'tags must be a list of texts')
  return { title, body, done, price, due_at: due_at === null ? null : new Date(due_at), tags }
}

/** @throws HttpError 404: what is no id names nothing */
export function parseId(text: string): string {
  if (!UUID.test(text)) throw new HttpError(404, 'there is no such note')
  return text
}

/** A page of a list: how many, and after which. @throws HttpError 400 */
export function parsePage(query: URLSearchParams): { readonly limit: number; readonly after: string } {
  const limit = Number(query.get('limit') ?? 20)
  check(Number.isInteger(limit) && limit >= 1 && limit <= 100, 'limit must be a whole number from 1 to 100')
  const after = query.get('after') ?? '00000000-0000-0000-0000-000000000000'
  check(UUID.test(after), 'after must be the id of a note')
  return { limit, after }
}

/** One rule for letters, for what is stored and for what is looked for. */
export function searchText(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new HttpError(400, 'the body must be JSON')
  }
  check(typeof value === 'object' && value !== null && !Array.isArray(value), 'the body must be an object')
  return value as Record<string, unknown>
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value))
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new HttpError(400, message)
}
