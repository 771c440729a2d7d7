/**
 * Runs one task of a maintenance run, and contains it: a task that throws, that never settles or that ignores its
 * signal costs its own report and no more.
 *
 * A task that was left behind may still be at work; until it has settled it is not begun again. What it cannot contain
 * is one that never lets go of the thread.
 */
import { abortError } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import { delay } from '../abort/system-clock.ts'
import type { AmbientScope, AsyncContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { MaintenanceMeasures } from '../contract/step-status.ts'
import type { MaintenanceTask, TaskContext, TaskReport, TaskResult, TaskStore } from '../contract/task.ts'
import { isStoreError } from '../errors/store-error.ts'

/** A task without a deadline of its own gets this one. */
const DEFAULT_TIMEOUT_MS = 600_000
/** How long a task may take to settle once its signal has aborted. */
const GRACE_MS = 5000

/** What a task gets of its run. */
export interface TaskRun {
  /** The end of the run. */
  readonly signal: AbortSignal
  readonly dryRun: boolean
  budgetLeftMs(): number
  progress(done: number, total: number | undefined): void
}

type Settled = { readonly result: TaskResult | void } | { readonly error: unknown }
type Conclusion = Omit<TaskReport, 'name' | 'durationMs'>

export class TaskRunner {
  readonly #store: TaskStore<any>
  readonly #asyncContext: AsyncContext | undefined
  readonly #clock: Clock
  readonly #log: StoreLog
  /** Names of tasks that were left behind and are still at work. */
  readonly #leftBehind = new Set<string>()

  constructor(store: TaskStore<any>, asyncContext: AsyncContext | undefined, clock: Clock, log: StoreLog) {
    this.#store = store
    this.#asyncContext = asyncContext
    this.#clock = clock
    this.#log = log
  }

  /** Whether the running code is a task of this store: it would wait for itself. */
  get isInside(): boolean {
    for (let scope = this.#asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope instanceof TaskScope && scope.owner === this) return true
    }
    return false
  }

  /** Runs `task` and tells what came of it. Never rejects. */
  async run(task: MaintenanceTask<any>, run: TaskRun): Promise<TaskReport> {
    const startedMs = this.#clock.monotonicMs()
    const conclusion = await this.#conclude(task, run)
    return { name: task.name, durationMs: this.#clock.monotonicMs() - startedMs, ...conclusion }
  }

  async #conclude(task: MaintenanceTask<any>, run: TaskRun): Promise<Conclusion> {
    if (run.dryRun) return { status: 'skipped', reason: 'dry run: it would run first' }
    if (run.budgetLeftMs() <= 0) return { status: 'blocked', reason: 'the budget is spent' }
    if (this.#leftBehind.has(task.name)) {
      return { status: 'blocked', reason: 'what an earlier run has left behind of it is still at work' }
    }
    using deadline = openDeadline({ timeoutMs: task.timeoutMs ?? DEFAULT_TIMEOUT_MS }, this.#clock, 'task', run.signal)
    const counters = new TaskCounters()
    const working = this.#begin(task, { ...run, signal: deadline.signal }, counters)
    const settled = await this.#settledInTime(working, deadline.signal)
    if (settled === undefined) {
      this.#leftBehind.add(task.name)
      void working.finally(() => this.#leftBehind.delete(task.name))
      this.#log.warn('a maintenance task has ignored its signal and was left behind', { task: task.name })
      const reason = 'it ignored its signal and was left behind'
      return { status: statusOf(run.signal), reason, counters: counters.snapshot() }
    }
    if ('error' in settled) {
      return { ...failure(settled.error, run.signal, deadline.signal), counters: counters.snapshot() }
    }
    const { status = 'done', reason, counters: told } = settled.result ?? {}
    return { status, reason, counters: counters.snapshot(told) }
  }

  /** Never rejects. */
  async #begin(task: MaintenanceTask<any>, run: TaskRun, counters: TaskCounters): Promise<Settled> {
    const { signal, budgetLeftMs, progress } = run
    const context: TaskContext<any> = {
      store: this.#store,
      signal,
      clock: this.#clock,
      log: this.#log,
      budgetLeftMs,
      progress,
      count: (counter, by) => counters.add(counter, by),
    }
    try {
      const begin = async (): Promise<TaskResult | void> => task.run(context)
      const asyncContext = this.#asyncContext
      if (asyncContext === undefined) return { result: await begin() }
      return { result: await asyncContext.run(new TaskScope(this, asyncContext.getStore()), begin) }
    } catch (error) {
      return { error }
    }
  }

  /** `undefined` for a task that has not settled a while after its signal has aborted. */
  async #settledInTime(working: Promise<Settled>, signal: AbortSignal): Promise<Settled | undefined> {
    const settled = new AbortController()
    const done = working.finally(() => settled.abort())
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const late = aborted
      .then(() => delay(this.#clock, GRACE_MS, settled.signal, () => new Error('settled')))
      .catch(() => undefined)
    return Promise.race([done, late.then(() => undefined)])
  }
}

/** What a task counts while it works. */
class TaskCounters {
  readonly #counts = new Map<string, number>()

  add(counter: string, by: number): void {
    this.#counts.set(counter, (this.#counts.get(counter) ?? 0) + by)
  }

  /** `undefined` where nothing was counted, and nothing `told`. */
  snapshot(told?: MaintenanceMeasures): MaintenanceMeasures | undefined {
    if (this.#counts.size === 0 && told === undefined) return undefined
    return Object.freeze({ ...Object.fromEntries(this.#counts), ...told })
  }
}

/** Marks the code of a task. */
class TaskScope implements AmbientScope {
  readonly inTransaction = false
  readonly owner: TaskRunner
  readonly outer: AmbientScope | undefined

  constructor(owner: TaskRunner, outer: AmbientScope | undefined) {
    this.owner = owner
    this.outer = outer
  }
}

/** Whether it was the run that ended, or the task's own deadline. */
function statusOf(run: AbortSignal): 'aborted' | 'failed' {
  return run.aborted ? 'aborted' : 'failed'
}

/** The message of an error that is not ours may hold anything, so the report has it as `error` only. */
function failure(error: unknown, run: AbortSignal, own: AbortSignal): Conclusion {
  if (own.aborted) {
    const { code, message } = abortError(own, 'task')
    return { status: statusOf(run), reason: `${code}: ${message}`, error }
  }
  if (isStoreError(error)) return { status: 'failed', reason: `${error.code}: ${error.message}`, error }
  return { status: 'failed', reason: error instanceof Error ? error.name : `it threw a ${typeof error}`, error }
}
