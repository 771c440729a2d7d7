/**
 * Runs one task of a maintenance run, and contains it: a task that throws, that never settles or that ignores its
 * signal costs its own report and no more.
 *
 * A task that was left behind may still be at work; until it has settled this store does not begin it again. Another
 * process knows nothing of that, and may. What it cannot contain is one that never lets go of the thread.
 */
import { abortError, onceAborted } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { AmbientScope, AsyncContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { MaintenanceMeasures } from '../contract/step-status.ts'
import type { MaintenanceTask, TaskContext, TaskReport, TaskResult, TaskStore } from '../contract/task.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError } from '../errors/store-error.ts'

/** A task without a deadline of its own gets this one. */
const DEFAULT_TIMEOUT_MS = 600_000
/** How long a task may take to settle once its signal has aborted. */
const GRACE_MS = 5000
/** The same where the store closes and will not wait. */
const HURRIED_GRACE_MS = 100

/** What a task gets of its run. */
export interface TaskRun {
  /** The end of the run. */
  readonly signal: AbortSignal
  readonly dryRun: boolean
  budgetLeftMs(): number
  progress(done: number, total: number | undefined): void
}

type Conclusion = Omit<TaskReport, 'name' | 'durationMs'>
type Settled = { readonly result: Conclusion } | { readonly error: unknown }

export class TaskRunner {
  readonly #store: TaskStore<any>
  readonly #asyncContext: AsyncContext | undefined
  readonly #clock: Clock
  readonly #log: StoreLog
  readonly #hurry: AbortSignal
  /** Names of tasks that were left behind and are still at work. */
  readonly #leftBehind = new Set<string>()

  /** `hurry` aborts when a task that ignores its signal is to be left behind soon. */
  constructor(
    store: TaskStore<any>,
    asyncContext: AsyncContext | undefined,
    clock: Clock,
    log: StoreLog,
    hurry: AbortSignal,
  ) {
    this.#hurry = hurry
    this.#store = store
    this.#asyncContext = asyncContext
    this.#clock = clock
    this.#log = log
  }

  /** Tasks that were left behind and are still at work. */
  get leftBehindCount(): number {
    return this.#leftBehind.size
  }

  /** Whether the running code belongs to a task of this store that has not settled: it would wait for itself. */
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
    let isOver = false
    const taskRun: TaskRun = {
      ...run,
      signal: deadline.signal,
      // The run of a task that was left behind has ended, and so has what may be told of it.
      progress: (done, total) => {
        if (!isOver) run.progress(done, total)
      },
    }
    const working = this.#begin(task, taskRun, counters)
    const settled = await this.#settledInTime(working, deadline.signal)
    isOver = true
    if (settled === undefined) {
      this.#leftBehind.add(task.name)
      void working.finally(() => this.#leftBehind.delete(task.name))
      this.#log.warn('a maintenance task has ignored its signal and was left behind', { task: task.name })
      const reason = 'it ignored its signal and was left behind'
      const error = abortError(deadline.signal, 'task')
      return { status: statusOf(run.signal), reason, error, counters: counters.snapshot() }
    }
    if ('error' in settled) {
      return { ...failure(settled.error, run.signal, deadline.signal), counters: counters.snapshot() }
    }
    return { ...settled.result, counters: counters.snapshot(settled.result.counters) }
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
    const begin = async (): Promise<Settled> => ({ result: conclusionOf(await task.run(context)) })
    const asyncContext = this.#asyncContext
    if (asyncContext === undefined) return begin().catch((error) => ({ error }))
    const scope = new TaskScope(this, asyncContext.getStore())
    try {
      return await asyncContext.run(scope, begin)
    } catch (error) {
      return { error }
    } finally {
      scope.end()
    }
  }

  /** `undefined` for a task that has not settled a while after its signal has aborted. */
  #settledInTime(working: Promise<Settled>, signal: AbortSignal): Promise<Settled | undefined> {
    return new Promise((resolve) => {
      const timers: unknown[] = []
      const end = (settled: Settled | undefined): void => {
        for (const leave of left) leave()
        for (const timer of timers) this.#clock.clearTimer(timer)
        resolve(settled)
      }
      const endAfter = (graceMs: number): void => {
        timers.push(this.#clock.setTimer(() => end(undefined), graceMs))
      }
      const left = [
        onceAborted(signal, () => endAfter(GRACE_MS)),
        // By then the run has ended, and with it the task's signal has aborted.
        onceAborted(this.#hurry, () => endAfter(HURRIED_GRACE_MS)),
      ]
      void working.then(end)
    })
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

/** Marks the code of a task, and what that has begun, until the task has settled. */
class TaskScope implements AmbientScope {
  readonly inTransaction = false
  readonly outer: AmbientScope | undefined
  #owner: TaskRunner | undefined

  constructor(owner: TaskRunner, outer: AmbientScope | undefined) {
    this.#owner = owner
    this.outer = outer
  }

  get owner(): TaskRunner | undefined {
    return this.#owner
  }

  end(): void {
    this.#owner = undefined
  }
}

/** What a task says of itself. A task in JavaScript may say anything. */
function conclusionOf(result: TaskResult | void): Conclusion {
  const { status, reason, counters } = result ?? {}
  return {
    status: status === 'blocked' ? 'blocked' : 'done',
    reason,
    counters,
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
  return { status: 'failed', reason: errorLabel(error), error }
}
