/** Rows enough for maintenance to have something to do. */
import type { Kysely } from 'kysely'
import type { TestSchema } from './test-schema.ts'

/** Inserts `count` rows of about 200 bytes into `person`. */
export async function fillPeople(db: Kysely<TestSchema>, count: number): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const people = Array.from({ length: Math.min(500, count - from) }, (_, index) => ({
      id: from + index + 1,
      name: `${from + index}`.padEnd(200, 'x'),
      age: 1,
    }))
    await db.insertInto('person').values(people).execute()
  }
}
