/** A database file of some megabytes for the topics that look at what maintenance does to it, and ways to read a report. */
import type { MaintenanceReport, MaintenanceStepName, MaintenanceStepReport, Store } from '@upkeep/core'
import type { TestSchema } from '../suite/test-schema.ts'

export const ROW_COUNT: number = 400
export const ROW_SIZE_BYTES: number = 8000

/** One step of a report. */
export const step = (
  report: MaintenanceReport | undefined,
  name: MaintenanceStepName,
): MaintenanceStepReport | undefined => report?.steps.find((one) => one.name === name)

/** About three megabytes, of which `deleted` rows are free pages again. */
export async function fillSample(store: Store<TestSchema>, deleted: number): Promise<void> {
  await store.transaction(async (tx) => {
    for (let id = 1; id <= ROW_COUNT; id++) {
      await tx
        .insertInto('sample')
        .values({ id, data: new Uint8Array(ROW_SIZE_BYTES).fill(id) })
        .execute()
    }
  })
  await store.db.deleteFrom('sample').where('id', '<=', deleted).execute()
}

/** The last file size that any step claims. */
export const claimedSizeBytes = (report: MaintenanceReport): unknown =>
  report.steps.map(({ after }) => after?.fileSizeBytes).findLast((size) => size !== undefined)
