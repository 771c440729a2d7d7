// Runs a small program in a process of its own, with this package and the core importable by their names.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface RunOptions {
  /** @default the Node of this process */
  readonly node?: string
  readonly nodeArguments?: readonly string[]
  readonly arguments?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  /** After this it is killed: for what may never end. @default never */
  readonly timeoutMs?: number
}

export interface Finished {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

const packageFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Starts `script`, an ES module; what it prints is collected. */
export function startNode(
  script: string,
  { node = process.execPath, nodeArguments = [], arguments: args = [], env, uid, timeoutMs }: RunOptions = {},
): { readonly child: ChildProcess; readonly finished: Promise<Finished>; line(): Promise<string> } {
  const child = spawn(node, [...nodeArguments, '--input-type=module', '--eval', script, ...args], {
    cwd: packageFolder,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: 'SIGKILL' }),
    ...(uid !== undefined && { uid, gid: uid }),
  })
  let [stdout, stderr, read] = ['', '', 0]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Finished)
  return {
    child,
    finished,
    async line() {
      for (;;) {
        const end = stdout.indexOf('\n', read)
        if (end >= 0) {
          const text = stdout.slice(read, end)
          read = end + 1
          return text
        }
        const more = once(child.stdout, 'data').then(() => true)
        if (!(await Promise.race([more, finished.then(() => false)])) && stdout.indexOf('\n', read) < 0) {
          throw new Error(`the process ended: ${stderr}`)
        }
      }
    },
  }
}

/** Runs `script` to its end. */
export function runNode(script: string, options?: RunOptions): Promise<Finished> {
  return startNode(script, options).finished
}

/** Runs `script`, whose last line of output is JSON. Fails the test if it did not get that far. */
export async function answerOfNode<T>(script: string, options?: RunOptions): Promise<T> {
  const { code, signal, stdout, stderr } = await runNode(script, options)
  if (code !== 0) throw new Error(`the process ended with ${signal ?? code}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T
}
