/**
 * `maintenance()` as every backend does it: the report, modes and steps, dryRun, veto, joining, progress, budget,
 * abort, refusals. Not: what the steps of SQLite do to a file, or several processes.
 */
import { MAINTENANCE_STEPS, type MaintenanceReport, type MaintenanceStepName, maintenanceStepsOf } from '@upkeep/core'
import { sql } from 'kysely'
import { fillPeople } from '../suite/fill-people.ts'
import type { Topic } from '../suite/suite.ts'

const OUTCOMES = ['ok', 'partial', 'blocked', 'skipped', 'failed', 'aborted']
const STATUSES = ['done', 'skipped', 'blocked', 'failed', 'aborted']

export const maintenance: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const has = (step: MaintenanceStepName): boolean => maintenanceStepsOf(harness.capabilities).includes(step)

  const assertShape = (report: MaintenanceReport): void => {
    expect(OUTCOMES.includes(report.outcome)).toBe(true)
    const startedMs = report.startedAt.getTime()
    report.startedAt.setTime(0)
    expect([startedMs > 0, report.startedAt.getTime() === startedMs]).toEqual([true, true])
    expect(report.durationMs >= 0).toBe(true)
    const names = report.steps.map(({ name }) => name)
    expect(names.map((name) => MAINTENANCE_STEPS.indexOf(name))).toEqual(
      names.map((name) => MAINTENANCE_STEPS.indexOf(name)).sort((a, b) => a - b),
    )
    for (const step of report.steps) {
      expect(STATUSES.includes(step.status)).toBe(true)
      expect(step.durationMs >= 0).toBe(true)
      if (step.status !== 'done') expect((step.reason ?? '').length > 0).toBe(true)
    }
  }

  for (const mode of ['light', 'auto', 'full'] as const) {
    test(`mode ${mode} reports every step in its order, with reasons for what it left`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const report = await store.maintenance({ mode })
      assertShape(report)
      expect(report).toMatchObject({ backend: store.name, outcome: 'ok', mode, dryRun: false })
      expect(report.steps.length > 0).toBe(true)
    })
  }

  test('without options the mode is auto', async ({ open }) => {
    expect(await (await open()).maintenance()).toMatchObject({ mode: 'auto', dryRun: false, outcome: 'ok' })
  })

  test('steps: just those run', async ({ openWith }) => {
    const store = await openWith(['person'])
    const report = await store.maintenance({ steps: ['inspect', 'analyze'] })
    assertShape(report)
    expect(report.steps.filter(({ status }) => status === 'done').map(({ name }) => name)).toEqual([
      'inspect',
      'analyze',
    ])
  })

  describe('a step the backend has not is UNSUPPORTED, one it has is done', () => {
    for (const step of MAINTENANCE_STEPS) {
      const supported = has(step)
      test(`${step}: ${supported ? 'done' : 'UNSUPPORTED'}`, async ({ openWith }) => {
        const store = await openWith(['person'])
        await fillPeople(store.db, 1000)
        await store.db.deleteFrom('person').execute()
        const running = store.maintenance({ steps: [step], mode: 'full' })
        if (!supported) {
          await expectCode(running, 'UNSUPPORTED')
          return
        }
        const report = await running
        const result = report.steps.find(({ name }) => name === step)
        // A server before 16 has no such step of its own: VACUUM does it.
        const isOlder = step === 'databaseStats' && result?.status === 'skipped'
        expect([report.outcome, result?.status]).toEqual(['ok', isOlder ? 'skipped' : 'done'])
      })
    }
  })

  test('dryRun says what it would do and does none of it', async ({ openWith }) => {
    const store = await openWith(['person'])
    const report = await store.maintenance({ mode: 'full', dryRun: true })
    assertShape(report)
    expect(report).toMatchObject({ dryRun: true, outcome: 'ok' })
    expect(report.steps.every(({ status }) => status === 'skipped')).toBe(true)
    const planned = report.steps.filter(({ reason }) => reason?.startsWith('dry run')).map(({ name }) => name)
    const done = (await store.maintenance({ mode: 'full' })).steps.filter(({ status }) => status === 'done')
    expect(done.length > 0).toBe(true)
    expect(done.filter(({ name }) => !planned.includes(name))).toEqual([])
  })

  test(`an integrity check of a sound database is ${has('integrity') ? 'done and finds nothing' : 'UNSUPPORTED'}`, async ({
    openWith,
  }) => {
    const store = await openWith(['person'])
    for (const integrity of ['quick', 'full'] as const) {
      if (!has('integrity')) {
        await expectCode(store.maintenance({ integrity }), 'UNSUPPORTED')
        continue
      }
      const report = await store.maintenance({ mode: 'light', integrity })
      expect(report.steps.find(({ name }) => name === 'integrity')?.status).toBe('done')
    }
  })

  test('tables with hostile names are looked after like any other', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (const name of ['"; drop table person; --', "it's", 'select', 'a"b`c[d]', 'ünï 🦊', '; ']) {
      await sql`create table ${sql.id(name)} (id integer primary key, ${sql.id(`${name} column`)} text)`.execute(
        store.db,
      )
      await sql`create index ${sql.id(`${name} index`)} on ${sql.id(name)} (${sql.id(`${name} column`)})`.execute(
        store.db,
      )
      await sql`insert into ${sql.id(name)} values (1, 'one')`.execute(store.db)
    }
    const report = await store.maintenance({ mode: 'full', ...(has('integrity') && { integrity: 'full' }) })
    expect(report.outcome).toBe('ok')
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
    expect((await sql`select * from ${sql.id('"; drop table person; --')}`.execute(store.db)).rows.length).toBe(1)
  })

  test('options that are none are INVALID_ARGUMENT, before anything is looked at', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (const options of [
      { mode: 'gentle' },
      { steps: ['defrag'] },
      { steps: [] },
      { step: ['vacuum'] },
      { integrity: true },
      { budgetMs: -1 },
      { maxWriteWaitMs: Number.NaN },
      { onProgress: 'yes' },
      { dryRun: 'yes' },
    ]) {
      await expectCode(store.maintenance(options as object), 'INVALID_ARGUMENT')
    }
  })

  test('the application reads and writes while it runs', async ({ openWith }) => {
    const store = await openWith(['person', 'counter'])
    await fillPeople(store.db, 2000)
    await store.db.deleteFrom('person').where('id', '>', 100).execute()
    const running = store.maintenance({ mode: 'full', maxWriteWaitMs: false })
    for (let value = 1; value <= 50; value++) {
      await store.db.updateTable('counter').set({ value }).execute()
      expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value }])
    }
    expect((await running).outcome).toBe('ok')
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(100)
  })
}
