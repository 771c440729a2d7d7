/**
 * The worker thread behind {@link MaintenanceProcess}: starts the process, passes messages on, kills it when told.
 *
 * To start a process copies the page tables of this one: 20 ms for 600 MB of memory. Here nobody's loop waits for that.
 */
import { fork } from 'node:child_process'
import { parentPort, workerData } from 'node:worker_threads'
import type { KeeperData, KeeperRequest, KeeperResponse, MaintenanceRequest } from './maintenance-messages.ts'

const { target, execPath } = workerData as KeeperData
const script = new URL('./maintenance-child.js', import.meta.url)

// Without the application's own Node flags: with those of `node --eval` the child would run the application.
const child = fork(script, [], { execPath, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })

function say(response: KeeperResponse): void {
  parentPort?.postMessage(response)
}

/** One that has died says so by `exit`, one that could not be started by `error`. */
function gone(how: string): void {
  say({ kind: 'gone', how })
  parentPort?.close()
}

function send(request: MaintenanceRequest): void {
  child.send(request, () => undefined)
}

child.on('message', say)
child.on('exit', (code, signal) => gone(`ended with ${signal ?? code}`))
child.on('error', (error) => gone(`could not be started: ${error.message}`))
send({ kind: 'open', target })

parentPort?.on('message', (request: KeeperRequest) => {
  if (request.kind === 'kill') child.kill('SIGKILL')
  else if (request.kind !== 'close') send(request)
  else if (child.connected) child.disconnect()
})
