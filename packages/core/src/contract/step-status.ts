/** How one piece of maintenance ended, a step or a task, and what it measured. */

/** How a step ended; `blocked` means that somebody was in the way or the budget was spent, and that later it may do. */
export type MaintenanceStepStatus = 'done' | 'skipped' | 'blocked' | 'failed' | 'aborted'

/** Measurements before and after a step; the keys say their units. */
export type MaintenanceMeasures = Readonly<Record<string, number | string | boolean>>
