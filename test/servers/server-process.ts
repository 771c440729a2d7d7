// A server that runs as a child of this process: started, known to be ready by what it prints, stopped. Knows nothing
// of what the program is. What it prints is read and, but for the end of it, forgotten.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { ProcessUser } from './unprivileged-user.ts'

/** A running server. */
export interface ServerProcess {
  readonly child: ChildProcess
  /** Sends `signal`, after a while SIGKILL, and resolves when it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>
}

const READY_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 5_000

/** Starts `program`, and resolves once a line of its output matches `ready`. @throws Error with its last output */
export async function startServerProcess(
  program: string,
  args: readonly string[],
  { ready, user, cwd }: { readonly ready: RegExp; readonly user: ProcessUser; readonly cwd: string },
): Promise<ServerProcess> {
  const child = spawn(program, args, {
    ...user,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${program} ${why}\n${output}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready within ${READY_WITHIN_MS} ms`)
    }, READY_WITHIN_MS)
    const read = (chunk: Buffer): void => {
      output = `${output}${chunk}`.slice(-4000)
      if (ready.test(output)) settle(resolve)
    }
    const settle = (end: () => void): void => {
      clearTimeout(timer)
      end()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (code, signal) => settle(() => fail(`ended (${code ?? signal})`)))
  })
  return {
    child,
    async stop(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      await gone
      clearTimeout(timer)
    },
  }
}

/** A port of the loopback interface that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port')
  return address.port
}

/** What `start` makes on a free port; tried again where somebody else has taken it first. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let left = 4; ; left--) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (left === 0 || !/in use/i.test(String(error))) throw error
    }
  }
}
