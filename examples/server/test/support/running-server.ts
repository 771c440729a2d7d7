// The example as a process of its own, as it would run: started by its command, spoken to over HTTP, ended by a signal.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A running example. */
export interface RunningServer {
  readonly url: string
  readonly child: ChildProcess
  /** Status and body. */
  request(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>
  /** Sends SIGTERM, and answers when it is gone. */
  terminate(): Promise<{ readonly code: number | null; readonly tookMs: number; readonly output: string }>
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Resolves once it listens. @throws Error with what it has printed, where it ends instead */
export async function startServer(
  storeUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env, STORE_URL: storeUrl, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const gone = once(child, 'exit')
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    gone.then(() => Promise.reject(new Error(`the example ended:\n${output}`))),
  ])
  const { listening: url } = JSON.parse(line) as { listening: string }
  return {
    url,
    child,
    async request(method, path, body) {
      const response = await fetch(url + path, { method, body: typeof body === 'string' ? body : JSON.stringify(body) })
      return { status: response.status, text: await response.text() }
    },
    async terminate() {
      const from = performance.now()
      child.kill('SIGTERM')
      const [code] = await gone
      return { code, tookMs: performance.now() - from, output }
    },
  }
}

/** Writes more than the sockets between two processes hold, so that an export has to wait for its reader. */
export async function writeManyBytes({ request }: RunningServer): Promise<void> {
  const body = 'x'.repeat(90_000)
  await Promise.all(Array.from({ length: 60 }, (_, n) => request('PUT', `/notes/${idOf(n)}`, { title: `${n}`, body })))
}

/** The id of the `n`th note. */
export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}
