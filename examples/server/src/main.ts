// The whole of the application: STORE_URL says where the data is, PORT where to listen.
//
//   STORE_URL=sqlite:./notes.db node src/main.ts
//
// On SIGTERM and SIGINT it takes no new requests, finishes those that it has, closes the store, and is gone within
// SHUTDOWN_MS (10 s), whoever hangs.
import { once } from 'node:events'
import { createMaintenanceService, retention } from '@upkeep/core'
import { listen } from './listen.ts'
import { openNotes } from './open-notes.ts'
import type { Schema } from './schema.ts'

const { STORE_URL, PORT = '8080', SHUTDOWN_MS = '10000' } = process.env
const starting = new AbortController()
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
})
void stopped.then(() => starting.abort(new Error('stopped while starting')))

const store = await openNotes(STORE_URL, starting.signal)
const service = createMaintenanceService<Schema>({
  store,
  tasks: [retention<Schema>().deleteOlderThan({ table: 'change', column: 'at', maxAge: { days: 90 } })],
})
service.start()
const { server, port } = await listen(store, service, Number(PORT))
console.log(JSON.stringify({ listening: `http://127.0.0.1:${port}`, store: store.location }))

await stopped
const shutdownMs = Number(SHUTDOWN_MS)
// The last word, if something hangs. It keeps nothing alive.
setTimeout(() => process.exit(1), shutdownMs).unref()
const drained = once(server, 'close')
server.close() // no new requests; those under way get their answers
setTimeout(() => server.closeAllConnections(), shutdownMs * 0.4).unref()
await drained
const { clean } = await store.close({ timeoutMs: shutdownMs * 0.4 }) // stops the service, drains, maintains once more
console.log(JSON.stringify({ closed: true, clean }))
process.exitCode = clean ? 0 : 1
