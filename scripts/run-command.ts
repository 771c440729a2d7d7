// Runs one command to its end, or to its time limit, and never leaves its children behind. Does not print anything
// unless told to: the caller decides what of the output is worth showing.
import { type ChildProcess, spawn } from 'node:child_process'
import { root } from './workspace.ts'

export interface CommandOptions {
  /** Absolute. @default the workspace */
  readonly cwd?: string
  /** @default 180_000 */
  readonly timeoutMs?: number
  /** Passes the output on as it comes instead of collecting it. @default false */
  readonly isLive?: boolean
}

export interface CommandReport {
  readonly ok: boolean
  /** Both streams as they came; empty if live. */
  readonly output: string
}

const onWindows = process.platform === 'win32'
const running = new Set<ChildProcess>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) kill(child)
    process.exit(1)
  })
}

/** Never rejects: a command that cannot be started is one that failed, and says so in its output. */
export async function runCommand(command: string[], options: CommandOptions = {}): Promise<CommandReport> {
  const { cwd = root, timeoutMs = 180_000, isLive = false } = options
  const [file = '', ...parameters] = command
  const { promise, resolve } = Promise.withResolvers<CommandReport>()
  const output: string[] = []
  const child = spawn(file, parameters, {
    cwd,
    env: isLive && process.stdout.isTTY ? process.env : { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
    detached: !onWindows, // a process group of its own, so that a timeout ends the grandchildren too
    shell: onWindows,
    stdio: ['ignore', isLive ? 'inherit' : 'pipe', isLive ? 'inherit' : 'pipe'],
  })
  running.add(child)
  const timer = setTimeout(() => {
    finish(false, `stopped after ${timeoutMs / 1000} s`)
  }, timeoutMs)
  const finish = (ok: boolean, remark = ''): void => {
    if (!running.delete(child)) return // a stopped one also closes
    clearTimeout(timer)
    kill(child)
    if (remark && isLive) console.error(remark)
    resolve({ ok, output: output.join('') + (remark && `${remark}\n`) })
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.on('error', (error) => finish(false, `${file}: ${error.message}`))
  child.on('close', (code, signal) => finish(code === 0, signal ? `ended by ${signal}` : ''))
  return promise
}

/** The pnpm that runs us; one on the PATH if a script was started by hand. */
export function pnpmCommand(...parameters: string[]): string[] {
  const { npm_config_user_agent: agent = '', npm_execpath: path = '' } = process.env
  if (!agent.startsWith('pnpm/')) return ['pnpm', ...parameters]
  return /\.[cm]?js$/.test(path) ? [process.execPath, path, ...parameters] : [path, ...parameters]
}

/** Ends the command and whatever it has started and left running. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (onWindows) child.kill()
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing is left of its process group.
  }
}
