/** `task()`: makes a task of maintenance of any function. */
import type { MaintenanceTask, TaskContext, TaskResult } from '../contract/task.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption } from '../open/check-options.ts'
import { assertTaskName } from './retention-options.ts'

/** Options of {@link task}. */
export interface TaskOptions<DB> {
  /** Names it in reports; unique among the tasks of a run. */
  readonly name: string
  /** In milliseconds; see `MaintenanceTask.timeoutMs`. @default 600000 */
  readonly timeoutMs?: number | undefined
  /** Does the work, in time slices, looking at `signal` and `budgetLeftMs()` between them. */
  readonly run: (context: TaskContext<DB>) => Promise<TaskResult | void> | TaskResult | void
}

/** A task that does what `run` does. @throws INVALID_ARGUMENT */
export function task<DB>(options: TaskOptions<DB>): MaintenanceTask<DB> {
  assertKnownOptions(options, ['name', 'timeoutMs', 'run'], 'task')
  const { name, timeoutMs, run } = options
  assertTaskName(name, 'task')
  if (timeoutMs !== undefined) assertNumberOption(timeoutMs, 'task: timeoutMs', 1)
  if (typeof run !== 'function') throw invalidArgument('task: run must be a function', 'task')
  return Object.freeze({ name, timeoutMs, run: async (context: TaskContext<DB>) => run(context) })
}
