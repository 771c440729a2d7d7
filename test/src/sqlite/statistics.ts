/** The statistics of the query planner: made, and renewed when a table has outgrown them. */
import { sql } from 'kysely'
import type { Topic } from '../suite/suite.ts'

export const statistics: Topic = ({ expect, test }) => {
  test('analyze in mode auto renews them after growth', async ({ openWith }) => {
    const store = await openWith(['person'])
    const growTo = (count: number) =>
      sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
        insert or ignore into person (id, name) select i, 'p' || i from n`.execute(store.db)
    const countedRows = async (): Promise<number> => {
      const { rows } = await sql<{ stat: string }>`select stat from sqlite_stat1 where tbl = 'person'`.execute(store.db)
      return Number(rows[0]?.stat.split(' ')[0])
    }
    for (const count of [10, 20_000]) {
      await growTo(count)
      const report = await store.maintenance({ mode: 'auto', steps: ['analyze'] })
      expect(report.steps.map(({ name, status }) => [name, status])).toEqual([['analyze', 'done']])
      expect(await countedRows()).toBe(count)
    }
  })
}
