/** A table whose rows have an age, and what tests of retention do with it. */
import { columnTypes, type MaintenanceReport, type MaintenanceTask, type Store, type TaskReport } from '@upkeep/core'
import type { Kysely } from 'kysely'

/** The tables of retention tests. */
export interface EventSchema {
  event: { id: number; at: Date | null; kind: string | null; size: number | null }
}

/** When {@link createManualClock} begins. */
export const NOW_MS: number = Date.UTC(2026, 0, 1)

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000

/** So many days before {@link NOW_MS}. */
export function daysAgo(days: number): Date {
  return new Date(NOW_MS - days * DAY_MS)
}

/** Makes `event`. It has no index but that of its key. */
export async function createEvents(db: Kysely<any>, table = 'event'): Promise<void> {
  const types = columnTypes(db)
  await db.schema
    .createTable(table)
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('at', types.instant)
    .addColumn('kind', types.text)
    .addColumn('size', types.integer)
    .execute()
}

/** Fills `event` with ids from 1 on: `ages` in days, `null` for none. */
export async function fillEvents(db: Kysely<any>, ages: readonly (number | null)[]): Promise<void> {
  for (let from = 0; from < ages.length; from += 200) {
    const rows = ages
      .slice(from, from + 200)
      .map((days, index) => ({ id: from + index + 1, at: days === null ? null : daysAgo(days), kind: 'a', size: 1 }))
    await db.insertInto('event').values(rows).execute()
  }
}

/** `count` ages, of which every other one is over 30 days. */
export function mixedAges(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 40 : 1))
}

/** The keys that are left, in their order. */
export async function keysOf(db: Kysely<any>, table = 'event', key = 'id'): Promise<unknown[]> {
  const rows = await db.selectFrom(table).select(key).orderBy(key).execute()
  return rows.map((row) => row[key])
}

/** Runs just this task, and tells what came of it. */
export async function runTask<DB>(
  store: Store<DB>,
  task: MaintenanceTask<DB>,
  options: { readonly budgetMs?: number; readonly onProgress?: () => void; readonly signal?: AbortSignal } = {},
): Promise<TaskReport> {
  return taskOf(await store.maintenance({ mode: 'light', tasks: [task], ...options }))
}

/** The report of the only task. */
export function taskOf(report: MaintenanceReport | undefined): TaskReport {
  const [task] = report?.tasks ?? []
  if (task === undefined) throw new Error('the report has no task')
  return task
}
