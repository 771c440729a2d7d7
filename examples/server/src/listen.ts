// Serves the routes over HTTP: reads requests, tells the database when a client has gone, writes answers at the pace of
// who reads them.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MaintenanceService, Store } from '@upkeep/core'
import { describeError, HttpError } from './http-error.ts'
import { answer } from './routes.ts'
import type { Schema } from './schema.ts'

const MAX_BODY_BYTES = 100_000

/** Listens on the loopback interface; port 0 is any. */
export async function listen(
  store: Store<Schema>,
  service: MaintenanceService,
  port: number,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => void serve(store, service, request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : port }
}

async function serve(
  store: Store<Schema>,
  service: MaintenanceService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'))
  })
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const body = await readBody(request)
    const reply = await answer(request.method ?? 'GET', url, { store, service, body, signal: gone.signal })
    if (reply.lines !== undefined) {
      response.writeHead(reply.status, { 'content-type': 'application/x-ndjson' })
      await pipeline(Readable.from(lines(reply.lines)), response, { signal: gone.signal })
    } else write(response, reply.status, reply.json)
  } catch (error) {
    // Nobody is there to be told, or the answer has begun and can only be cut off.
    if (gone.signal.aborted || response.headersSent) return void response.destroy()
    const { status, error: text } = describeError(error)
    if (status === 500) console.error('request failed', { method: request.method, error: text })
    write(response, status, { error: text })
  }
}

function write(response: ServerResponse, status: number, json: unknown): void {
  if (json === undefined) response.writeHead(status).end()
  else response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(json)}\n`)
}

async function* lines(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_BODY_BYTES) throw new HttpError(413, `a body has at most ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
