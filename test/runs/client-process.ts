// Starts a process that serves the suite's client scripts on a store of a run's backend.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ClientProcess } from '../src/suite/harness.ts'

/** `location` is whatever the run's `openStore` takes. */
export async function spawnClientProcess(run: string, location: string): Promise<ClientProcess> {
  const child = fork(new URL('client-child.ts', import.meta.url), [run, location], {
    serialization: 'advanced',
    execArgv: [],
  })
  return {
    port: {
      send: (message) => void child.send(message as object),
      onMessage: (listener) => void child.on('message', listener),
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
