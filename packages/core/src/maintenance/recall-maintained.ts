/** When the last good maintenance ended, as the database's own notes have it. */
import type { Engine } from '../contract/backend.ts'
import { MAINTAINED_AT } from './maintenance-runner.ts'

/** `undefined` for never, and for a note that is none. */
export async function recallMaintained(engine: Engine): Promise<Date | undefined> {
  const note = await engine.recall(MAINTAINED_AT)
  const endedAt = new Date(Number(note))
  return note === undefined || Number.isNaN(endedAt.getTime()) ? undefined : endedAt
}
