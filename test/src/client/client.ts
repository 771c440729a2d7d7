/** The test's end of a client process: calls scripts by name and awaits their answers. */
import type { ClientProcess } from '../suite/harness.ts'
import type { ClientResponse } from './client-port.ts'
import type { ClientScripts } from './client-scripts.ts'

/** A store in another process. */
export interface Client {
  /** Runs a script there. Rejects with an `Error` whose `code` is that of the error there. */
  call<Name extends keyof ClientScripts>(
    script: Name,
    ...args: Parameters<ClientScripts[Name]>[0] extends undefined ? [] : [Parameters<ClientScripts[Name]>[0]]
  ): Promise<Awaited<ReturnType<ClientScripts[Name]>>>
  /** Ends the process without notice, as a power cut would. */
  kill(): Promise<void>
}

/** What a script in a client process failed with. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  /** The code of the StoreError there, `UNKNOWN` for another error, `KILLED` if the process went away. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Call {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Connects to a client process; resolves once the store there is open. @throws ClientError if it could not be opened */
export async function connectClient(process: ClientProcess): Promise<Client> {
  const calls = new Map<number, Call>()
  const openCall = (id: number): Promise<any> => new Promise((resolve, reject) => calls.set(id, { resolve, reject }))
  const opened = openCall(0)
  process.port.onMessage((message) => {
    const { id, value, error } = message as ClientResponse
    const call = calls.get(id)
    calls.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new ClientError(error.code, error.message))
  })
  await opened
  let lastId = 0
  return {
    call(script, ...[args]) {
      const id = ++lastId
      const answer = openCall(id)
      process.port.send({ id, script, args: args ?? {} })
      return answer
    },
    async kill() {
      await process.kill()
      for (const call of calls.values()) call.reject(new ClientError('KILLED', 'the client was killed'))
      calls.clear()
    },
  }
}
