/**
 * What a harness runs in its client process: opens the store and serves the suite's scripts on it, one after another
 * as they come, without waiting for the one before.
 */
import { isStoreError, type Store } from '@upkeep/core'
import type { ClientPort, ClientRequest, ClientResponse } from './client-port.ts'
import { createClientScripts } from './client-scripts.ts'

/** Opens a store and serves the suite's scripts on it until the process ends; a failure to open is told to the test. */
export async function serveClient(port: ClientPort, openStore: () => Promise<Store<any>>): Promise<void> {
  const answer = async (id: number, work: () => Promise<unknown>): Promise<void> => {
    let response: ClientResponse
    try {
      response = { id, value: await work() }
    } catch (error) {
      response = { id, error: { code: isStoreError(error) ? error.code : 'UNKNOWN', message: String(error) } }
    }
    port.send(response)
  }
  let scripts: ReturnType<typeof createClientScripts> | undefined
  port.onMessage((message) => {
    const { id, script, args } = message as ClientRequest
    const work = scripts?.[script as keyof typeof scripts] as ((args: unknown) => Promise<unknown>) | undefined
    void answer(id, async () => {
      if (work === undefined) throw new Error(`the client knows no script "${script}"`)
      return work(args)
    })
  })
  await answer(0, async () => {
    scripts = createClientScripts(await openStore())
  })
}
