/**
 * The worker thread behind {@link ProcessExecutor}: starts the process, passes messages on, kills it when told. It is a
 * thread for the same reason as maintenance-keeper.ts. Not for import.
 */
import { fork } from 'node:child_process'
import { parentPort, workerData } from 'node:worker_threads'
import type { ProcessKeeperData, ProcessNews, ProcessOrder } from './process-messages.ts'

const { data, execPath } = workerData as ProcessKeeperData

// Without the application's own Node flags. Nothing is written to its stdin: the process sees by it that we have gone.
const child = fork(new URL('./sqlite-process.js', import.meta.url), [], {
  execPath,
  execArgv: [],
  serialization: 'advanced',
  stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
})
child.stdin?.on('error', () => undefined)

function say(news: ProcessNews): void {
  parentPort?.postMessage(news)
}

/** One that has died says so by `exit`, one that could not be started by `error`. */
function gone(how: string): void {
  say({ kind: 'gone', how })
  parentPort?.close()
}

function send(message: unknown): void {
  child.send(message as object, () => undefined)
}

child.on('message', (message) => say({ kind: 'said', message }))
child.on('exit', (code, signal) => gone(`has ended with ${signal ?? code}`))
child.on('error', (error) => gone(`could not be started: ${error.message}`))
send(data)

parentPort?.on('message', (order: ProcessOrder) => {
  if (order.kind === 'kill') child.kill('SIGKILL')
  else send(order.message)
})
