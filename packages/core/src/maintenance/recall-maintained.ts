/** When the last good maintenance ended, as the database's own notes have it. */
import type { Engine } from '../contract/backend.ts'

/** What {@link Engine.recall} knows the last good run by: the milliseconds of its end, as `Date` counts them. */
export const MAINTAINED_AT = 'maintained_at'

/** `undefined` for never, and for a note that is none. */
export async function recallMaintained(engine: Engine): Promise<Date | undefined> {
  const note = await engine.recall(MAINTAINED_AT)
  const endedAt = new Date(Number(note))
  return endedAt.getTime() > 0 ? endedAt : undefined
}
