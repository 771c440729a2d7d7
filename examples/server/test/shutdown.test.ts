import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, it } from 'vitest'
import { LASTING, LOCATIONS, type Location } from './support/locations.ts'
import { idOf, type RunningServer, startServer, writeManyBytes } from './support/running-server.ts'

const SHUTDOWN_MS = 12_000
const CLIENT_COUNT = 8

/** Writes notes without a pause until it is refused; `acknowledged` has those that were answered. */
async function write(server: RunningServer, client: number, acknowledged: string[]): Promise<void> {
  for (let n = 0; ; n++) {
    const id = idOf(client * 1_000_000 + n)
    const answer = await server.request('PUT', `/notes/${id}`, { title: id }).catch(() => undefined)
    if (answer?.status !== 201) return
    acknowledged.push(id)
  }
}

describe.each(Object.entries(LOCATIONS))('%s', { timeout: 60_000 }, (name, makeLocation) => {
  const withServer = async (work: (location: Location, server: RunningServer) => Promise<void>): Promise<void> => {
    const location = await makeLocation()
    const server = await startServer(location.url, { SHUTDOWN_MS: `${SHUTDOWN_MS}` })
    try {
      await work(location, server)
    } finally {
      server.child.kill('SIGKILL')
      await location.remove()
    }
  }

  it('SIGTERM under load: it is gone in time, and no acknowledged write is lost', () =>
    withServer(async (location, server) => {
      const acknowledged: string[] = []
      const clients = Array.from({ length: CLIENT_COUNT }, (_, client) => write(server, client, acknowledged))
      await expect.poll(() => acknowledged.length, { interval: 1, timeout: 10_000 }).toBeGreaterThan(100)
      const { code, tookMs, output } = await server.terminate()
      await Promise.all(clients)
      expect([code, output]).toEqual([0, expect.stringContaining('{"closed":true,"clean":true}')])
      expect(tookMs).toBeLessThan(SHUTDOWN_MS)
      if (!LASTING.includes(name)) return

      const again = await startServer(location.url)
      try {
        const stored = new Set<string>()
        for (const line of (await again.request('GET', '/export')).text.trimEnd().split('\n')) {
          stored.add(JSON.parse(line).id)
        }
        expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
      } finally {
        await again.terminate()
      }
    }))

  it('SIGTERM beside a client that has stopped reading: it is gone in time all the same', () =>
    withServer(async (_, server) => {
      await writeManyBytes(server)
      const reading = get(`${server.url}/export`)
      reading.on('error', () => undefined)
      const [response] = await once(reading, 'response')
      response.on('error', () => undefined)
      await once(response, 'readable')
      const { tookMs } = await server.terminate()
      expect(tookMs).toBeLessThan(SHUTDOWN_MS)
    }))
})
