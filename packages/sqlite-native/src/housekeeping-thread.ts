/**
 * A worker thread with a connection of its own, for tasks that are too long for the caller's thread and too short for a
 * process: it copies the log. An abort counts before a task, not while it runs; what must be stopped in the middle goes
 * to {@link MaintenanceProcess}.
 *
 * Started at the first task, and anew at the next one if it has died. It does not keep the process alive but while a
 * task is under way.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { deserializeStoreError, StoreError } from '@upkeep/core'
import type { OffloadResult, OffloadTask, SqliteOffload } from '@upkeep/core/sqlite'
import { abortedTask } from './aborted-task.ts'
import type { HousekeepingData, HousekeepingRequest, HousekeepingResponse } from './housekeeping-messages.ts'
import type { MaintenanceTarget } from './maintenance-messages.ts'
import { loadedAddonPath } from './workers/addon-path.ts'

interface Pending {
  readonly task: OffloadTask
  resolve(rows: OffloadResult): void
  reject(error: StoreError): void
}

export class HousekeepingThread implements SqliteOffload {
  readonly #target: MaintenanceTarget
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(target: MaintenanceTarget) {
    this.#target = target
  }

  get isWarm(): boolean {
    return this.#worker !== undefined
  }

  warmUp(): void {
    this.#worker ??= this.#start()
  }

  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult> {
    if (signal.aborted) return Promise.reject(abortedTask(signal, task))
    this.#worker ??= this.#start()
    const worker = this.#worker
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { task, resolve, reject })
      worker.ref()
      worker.postMessage({ kind: 'task', id, task } satisfies HousekeepingRequest)
    })
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    if (worker === undefined) return
    const gone = once(worker, 'exit').catch(() => undefined)
    worker.ref()
    worker.postMessage({ kind: 'close' } satisfies HousekeepingRequest)
    await gone
  }

  #start(): Worker {
    const workerData: HousekeepingData = { target: this.#target, addonPath: loadedAddonPath() }
    const worker = new Worker(new URL('./housekeeping-worker.js', import.meta.url), { workerData, execArgv: [] })
    worker.unref()
    worker.on('message', (response: HousekeepingResponse) => this.#answered(worker, response))
    worker.on('error', (error) => this.#gone(worker, error.message))
    worker.on('exit', (code) => this.#gone(worker, `ended with ${code}`))
    return worker
  }

  #answered(worker: Worker, response: HousekeepingResponse): void {
    const pending = this.#pending.get(response.id)
    this.#pending.delete(response.id)
    if (this.#pending.size === 0) worker.unref()
    if (response.kind === 'rows') pending?.resolve(response.rows)
    else pending?.reject(deserializeStoreError(response.error))
  }

  #gone(worker: Worker, how: string): void {
    if (this.#worker === worker) this.#worker = undefined
    for (const { task, reject } of this.#pending.values()) {
      reject(new StoreError('CONNECTION', `the housekeeping thread ${how}`, { operation: task.name }))
    }
    this.#pending.clear()
  }
}
