/**
 * A child process for tasks that would hold the thread. Killing it is the only thing that stops a VACUUM in its second
 * half; the database stays intact, and the lock is free when the process has gone.
 *
 * Started at the first task, kept for the next, ended by `close()`. One task at a time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { deserializeStoreError, isStoreError, StoreError } from '@upkeep/core'
import type { OffloadResult, OffloadTask, SqliteOffload } from '@upkeep/core/sqlite'
import type { MaintenanceRequest, MaintenanceResponse } from './maintenance-messages.ts'

export class MaintenanceProcess implements SqliteOffload {
  readonly #open: MaintenanceRequest
  #child: ChildProcess | undefined
  #isReady = false

  constructor(open: Omit<Extract<MaintenanceRequest, { kind: 'open' }>, 'kind'>) {
    this.#open = { kind: 'open', ...open }
  }

  get isWarm(): boolean {
    return this.#isReady
  }

  warmUp(): void {
    this.#started()
  }

  /** Settles when the task is over: for an aborted one, when the process has gone. */
  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult> {
    if (signal.aborted) return Promise.reject(aborted(signal, task))
    const child = this.#started()
    return new Promise((resolve, reject) => {
      const onMessage = (response: MaintenanceResponse): void => {
        if (response.kind === 'ready') return
        settle()
        if (response.kind === 'rows') resolve(response.rows)
        else reject(deserializeStoreError(response.error))
      }
      const onGone = (reason: unknown, killedBy?: string | null): void => {
        settle()
        if (signal.aborted) reject(aborted(signal, task))
        else reject(gone(task, reason, killedBy))
      }
      const onAbort = (): void => void child.kill('SIGKILL')
      const settle = (): void => {
        child.off('message', onMessage).off('exit', onGone).off('error', onGone)
        signal.removeEventListener('abort', onAbort)
      }
      child.on('message', onMessage).on('exit', onGone).on('error', onGone)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#send(child, { kind: 'task', task })
    })
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#isReady = false
    if (child === undefined) return
    const gone = once(child, 'exit').catch(() => undefined)
    if (child.connected) child.disconnect()
    await gone
  }

  #started(): ChildProcess {
    this.#child ??= this.#start()
    return this.#child
  }

  /** Without the application's own Node flags: with those of `node --eval` the child would run the application. */
  #start(): ChildProcess {
    const script = new URL('./maintenance-child.js', import.meta.url)
    const child = fork(script, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    // One that died, also while it had nothing to do, or that could not be started, is no use to the next task.
    const forget = (): void => {
      if (this.#child !== child) return
      this.#child = undefined
      this.#isReady = false
    }
    child.on('exit', forget).on('error', forget)
    child.once('message', () => {
      this.#isReady = true
    })
    this.#send(child, this.#open)
    return child
  }

  /** A process that has died says so by `exit`. */
  #send(child: ChildProcess, request: MaintenanceRequest): void {
    child.send(request, () => undefined)
  }
}

/** Node says `exit` with a code or a signal, or `error` when there was nothing to exit. */
function gone(task: OffloadTask, reason: unknown, killedBy?: string | null): StoreError {
  const how = reason instanceof Error ? `could not be started: ${reason.message}` : `ended with ${killedBy ?? reason}`
  return new StoreError('CONNECTION', `the maintenance process ${how}`, { operation: task.name, cause: reason })
}

function aborted(signal: AbortSignal, task: OffloadTask): StoreError {
  if (isStoreError(signal.reason)) return signal.reason
  return new StoreError('ABORTED', `${task.name} was aborted`, { operation: task.name, cause: signal.reason })
}
