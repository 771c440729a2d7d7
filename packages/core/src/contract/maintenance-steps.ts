/** The names of the steps of maintenance. What each of them does is its backend's. */

/** The steps that there are, in their order. Which of them a backend has: `capabilities.maintenanceSteps`. */
export const MAINTENANCE_STEPS = [
  'inspect',
  'checkpoint',
  'integrity',
  'reclaim',
  'vacuum',
  'databaseStats',
  'reindex',
  'analyze',
  'finalCheckpoint',
  'shrink',
] as const

/** The name of a maintenance step, one of {@link MAINTENANCE_STEPS}. */
export type MaintenanceStepName = (typeof MAINTENANCE_STEPS)[number]

/** The steps of SQLite, in their order; the others are those of a server. */
export const SQLITE_STEPS: readonly Exclude<MaintenanceStepName, 'databaseStats' | 'reindex'>[] = [
  'inspect',
  'checkpoint',
  'integrity',
  'reclaim',
  'vacuum',
  'analyze',
  'finalCheckpoint',
  'shrink',
]
