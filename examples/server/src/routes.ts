// The routes: what is asked, and what is answered. Nothing here knows which database it is.
import type { MaintenanceServiceStats, Store } from '@upkeep/core'
import { HttpError } from './http-error.ts'
import { parseId, parseNote, parsePage } from './note-input.ts'
import { deleteNote, listChanges, listNotes, readNote, searchNotes, streamNotes, writeNote } from './notes.ts'
import type { Schema } from './schema.ts'

/** What a route works with. */
export interface Request {
  readonly store: Store<Schema>
  readonly service: { stats(): MaintenanceServiceStats }
  readonly parameters: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  readonly body: string
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

/** JSON, or lines of it. */
export interface Reply {
  readonly status: number
  readonly json?: unknown
  readonly lines?: AsyncIterable<unknown>
}

type Route = readonly [method: string, pattern: URLPattern, answer: (request: Request) => Promise<Reply>]

const NOTE = new URLPattern({ pathname: '/notes/:id' })

const ROUTES: readonly Route[] = [
  [
    'GET',
    new URLPattern({ pathname: '/notes' }),
    async ({ store, query, signal }) => ({ status: 200, json: await listNotes(store, parsePage(query), signal) }),
  ],
  [
    'GET',
    NOTE,
    async ({ store, parameters, signal }) => found(await readNote(store, parseId(parameters.id ?? ''), signal)),
  ],
  [
    'PUT',
    NOTE,
    async ({ store, parameters, body, signal }) => {
      const note = await writeNote(store, parseId(parameters.id ?? ''), parseNote(body), signal)
      return { status: note.revision === 1 ? 201 : 200, json: note }
    },
  ],
  [
    'DELETE',
    NOTE,
    async ({ store, parameters, signal }) => {
      const wasThere = await deleteNote(store, parseId(parameters.id ?? ''), signal)
      return wasThere ? { status: 204 } : found(undefined)
    },
  ],
  [
    'GET',
    new URLPattern({ pathname: '/notes/:id/changes' }),
    async ({ store, parameters, signal }) => ({
      status: 200,
      json: await listChanges(store, parseId(parameters.id ?? ''), signal),
    }),
  ],
  [
    'GET',
    new URLPattern({ pathname: '/search' }),
    async ({ store, query, signal }) => {
      const { limit } = parsePage(query)
      return { status: 200, json: await searchNotes(store, query.get('q') ?? '', limit, signal) }
    },
  ],
  [
    'GET',
    new URLPattern({ pathname: '/export' }),
    async ({ store, signal }) => ({ status: 200, lines: streamNotes(store, signal) }),
  ],
  [
    'GET',
    new URLPattern({ pathname: '/healthz' }),
    async ({ store, service, signal }) => {
      const { status, findings } = await store.health({ signal })
      const { inFlight, abortCount } = store.stats()
      const bad = findings.filter((finding) => finding.status !== 'pass')
      const json = { status, bad, inFlight, abortCount, maintenance: service.stats().state }
      return { status: status === 'fail' ? 503 : 200, json }
    },
  ],
]

/** Finds the route and runs it. @throws HttpError 404, 405; what the route rejects with */
export async function answer(method: string, url: URL, request: Omit<Request, 'parameters' | 'query'>): Promise<Reply> {
  const fitting = ROUTES.flatMap(([name, pattern, run]) => {
    const match = pattern.exec({ pathname: url.pathname })
    return match === null ? [] : [{ name, run, parameters: match.pathname.groups }]
  })
  if (fitting.length === 0) throw new HttpError(404, 'there is no such page')
  const route = fitting.find(({ name }) => name === method)
  if (route === undefined) throw new HttpError(405, `allowed: ${fitting.map(({ name }) => name).join(', ')}`)
  return route.run({ ...request, parameters: route.parameters, query: url.searchParams })
}

function found(note: unknown): Reply {
  if (note === undefined) throw new HttpError(404, 'there is no such note')
  return { status: 200, json: note }
}
