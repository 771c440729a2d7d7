/**
 * What maintenance of a server reports of each table: done is what has happened, and who is in the way is told. Not: what
 * it chooses, or how it is stopped, which the backend's own tests have.
 */
import type { MaintenanceReport, MaintenanceTableReport, Store } from '@upkeep/core'
import { sql } from 'kysely'
import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** What came of `table` in the step `vacuum`. */
function vacuumed(report: MaintenanceReport, table: string): MaintenanceTableReport | undefined {
  const step = report.steps.find(({ name }) => name === 'vacuum')
  return step?.tables?.find(({ name }) => name.endsWith(`.${table}`))
}

/** Runs `beside` while a transaction of `store` has done `first` and is open. */
async function besideTransaction(
  store: Store<TestSchema>,
  first: (tx: Parameters<Parameters<Store<TestSchema>['transaction']>[0]>[0]) => Promise<unknown>,
  beside: () => Promise<void>,
): Promise<void> {
  const begun = createGate()
  const proceed = createGate()
  const holding = store.transaction(
    async (tx) => {
      await first(tx)
      begun.open()
      await proceed.opened
    },
    { isolationLevel: 'repeatable read' },
  )
  await Promise.race([begun.opened, holding])
  try {
    await beside()
  } finally {
    proceed.open()
    await holding
  }
}

export const maintenancePostgres: Topic = ({ expect, test }) => {
  test('each table has its own line, with what was dead before and after', async ({ openWith }) => {
    const store = await openWith(['person', 'counter'])
    await fillPeople(store.db, 500)
    await store.db.deleteFrom('person').execute()
    const report = await store.maintenance({ mode: 'full' })
    expect(vacuumed(report, 'person')).toMatchObject({ status: 'done', after: { deadTuples: 0 } })
    expect(vacuumed(report, 'counter')?.status).toBe('done')
    expect(Object.isFrozen(vacuumed(report, 'person'))).toBe(true)
  })

  test('a table that another session has locked is blocked, the others are done', async ({ open, openWith }) => {
    const store = await openWith(['person', 'counter'])
    const other = await open()
    const lock = sql`lock table person in share update exclusive mode`
    await besideTransaction(
      other,
      (tx) => lock.execute(tx),
      async () => {
        const report = await store.maintenance({ mode: 'full' })
        expect(report.outcome).toBe('partial')
        expect([vacuumed(report, 'person')?.status, vacuumed(report, 'counter')?.status]).toEqual(['blocked', 'done'])
      },
    )
    expect(vacuumed(await store.maintenance({ mode: 'full' }), 'person')?.status).toBe('done')
  })

  test('rows that an old snapshot may still see are not reported as removed', async ({ open, openWith }) => {
    const store = await openWith(['person'])
    const other = await open()
    await fillPeople(store.db, 500)
    await besideTransaction(
      other,
      (tx) => tx.selectFrom('person').select('id').execute(),
      async () => {
        await store.db.deleteFrom('person').execute()
        const person = vacuumed(await store.maintenance({ mode: 'full' }), 'person')
        expect([person?.status, person?.after?.deadTuples]).toEqual(['blocked', 500])
      },
    )
    const person = vacuumed(await store.maintenance({ mode: 'full' }), 'person')
    expect([person?.status, person?.after?.deadTuples]).toEqual(['done', 0])
  })

  test('two stores of one process are two maintainers, and one follows the other at once', async ({
    open,
    openWith,
  }) => {
    const one = await openWith(['counter'])
    const two = await open()
    const begun = createGate()
    const proceed = createGate()
    const first = one.maintenance({
      onBegin: async () => {
        begun.open()
        await proceed.opened
      },
    })
    await begun.opened
    const late = await two.maintenance()
    expect(late).toMatchObject({ outcome: 'skipped', steps: [] })
    expect((late.reason ?? '').includes('another maintainer')).toBe(true)
    proceed.open()
    expect((await first).outcome).toBe('ok')
    expect((await two.maintenance()).outcome).toBe('ok')
    expect((await one.maintenance()).outcome).toBe('ok')
  })
}
