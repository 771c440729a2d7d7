import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, it } from 'vitest'
import { LOCATIONS } from './support/locations.ts'
import { idOf, startServer, writeManyBytes } from './support/running-server.ts'

describe.each(Object.entries(LOCATIONS))('%s', { timeout: 60_000 }, (_, makeLocation) => {
  it('a client that goes away amid an export ends it in the database', async () => {
    const { url, remove } = await makeLocation()
    const server = await startServer(url)
    try {
      await writeManyBytes(server)
      const inFlight = async (): Promise<number> => JSON.parse((await server.request('GET', '/healthz')).text).inFlight
      expect(await inFlight()).toBe(0)

      const reading = get(`${server.url}/export`)
      const [response] = await once(reading, 'response')
      await once(response, 'readable')
      await expect.poll(inFlight).toBe(1)
      reading.destroy()
      await expect.poll(inFlight).toBe(0)
      expect((await server.request('GET', `/notes/${idOf(7)}`)).status).toBe(200)
    } finally {
      await server.terminate()
      await remove()
    }
  })
})
