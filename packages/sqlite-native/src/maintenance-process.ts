/**
 * A child process for tasks that would hold the thread. Killing it is the only thing that stops a VACUUM in its second
 * half; the database stays intact, and the lock is free when the process has gone.
 *
 * Started at the first task by a worker thread (see maintenance-keeper.ts), kept for the next task, ended by `close()`.
 * One task at a time.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { deserializeStoreError, StoreError } from '@upkeep/core'
import type { OffloadResult, OffloadTask, SqliteOffload } from '@upkeep/core/sqlite'
import { abortedTask } from './aborted-task.ts'
import type { KeeperData, KeeperRequest, KeeperResponse, MaintenanceTarget } from './maintenance-messages.ts'

export class MaintenanceProcess implements SqliteOffload {
  readonly #target: MaintenanceTarget
  #keeper: Worker | undefined
  #isReady = false

  constructor(target: MaintenanceTarget) {
    this.#target = target
  }

  get isWarm(): boolean {
    return this.#isReady
  }

  warmUp(): void {
    this.#started()
  }

  /** Settles when the task is over: for an aborted one, when the process has gone. */
  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult> {
    if (signal.aborted) return Promise.reject(abortedTask(signal, task))
    const keeper = this.#started()
    return new Promise((resolve, reject) => {
      const onGone = (how: string): void => {
        settle()
        if (signal.aborted) reject(abortedTask(signal, task))
        else reject(new StoreError('CONNECTION', `the maintenance process ${how}`, { operation: task.name }))
      }
      const onMessage = (response: KeeperResponse): void => {
        if (response.kind === 'ready') return
        if (response.kind === 'gone') {
          onGone(response.how)
          return
        }
        settle()
        if (response.kind === 'rows') resolve(response.rows)
        else reject(deserializeStoreError(response.error))
      }
      const onError = (error: Error): void => onGone(`could not be kept: ${error.message}`)
      const onAbort = (): void => {
        // An answer may be under way already; whatever it is, the next task gets another process.
        if (this.#keeper === keeper) this.#forget()
        tell(keeper, { kind: 'kill' })
      }
      const settle = (): void => {
        keeper.off('message', onMessage).off('error', onError)
        signal.removeEventListener('abort', onAbort)
      }
      keeper.on('message', onMessage).on('error', onError)
      signal.addEventListener('abort', onAbort, { once: true })
      tell(keeper, { kind: 'task', task })
    })
  }

  async close(): Promise<void> {
    const keeper = this.#keeper
    this.#forget()
    if (keeper === undefined) return
    const gone = once(keeper, 'exit').catch(() => undefined)
    tell(keeper, { kind: 'close' })
    await gone
  }

  #started(): Worker {
    this.#keeper ??= this.#start()
    return this.#keeper
  }

  #start(): Worker {
    const script = new URL('./maintenance-keeper.js', import.meta.url)
    const workerData: KeeperData = { target: this.#target, execPath: process.execPath }
    const keeper = new Worker(script, { workerData, execArgv: [] })
    keeper.on('message', ({ kind }: KeeperResponse) => {
      if (this.#keeper !== keeper) return
      // One that died, also while it had nothing to do, is no use to the next task.
      if (kind === 'gone') this.#forget()
      else this.#isReady = true
    })
    keeper.on('error', () => {
      if (this.#keeper === keeper) this.#forget()
    })
    return keeper
  }

  #forget(): void {
    this.#keeper = undefined
    this.#isReady = false
  }
}

function tell(keeper: Worker, request: KeeperRequest): void {
  keeper.postMessage(request)
}
