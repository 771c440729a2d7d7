// Maintenance that is stopped: by its signal in every phase, by its budget, by somebody who waits. Stopped is what
// pg_stat_activity shows, and nothing is left behind.
import { describe, expect, it } from 'vitest'
import type { ClientHandle } from '../../src/maintenance/dedicated-client.ts'
import { fillTable, IS_VACUUMING, slowDown, until, VACUUMING, working } from './fill-table.ts'
import { type Lab, openLab } from './maintenance-lab.ts'

/** Locks of maintenance on this database, its claim among them. */
const held = `SELECT count(*)::int AS count FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE a.datname = current_database() AND a.application_name LIKE 'upkeep maintenance%'`

async function expectNothingHeld(lab: Lab): Promise<void> {
  expect(await working(lab)).toBe(0)
  expect((await lab.sql(held))[0]?.count).toBe(0)
}

for (const server of ['newest', 'oldest'] as const) {
  describe(server, () => {
    it('an abort ends the VACUUM that runs, and the tables after it are not begun', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 20_000)
      await fillTable(lab, 'later', 500)
      await slowDown(lab)
      const controller = new AbortController()
      const running = lab.maintain({ signal: controller.signal, steps: ['vacuum'] })
      await until(lab, IS_VACUUMING)
      controller.abort(new Error('enough'))
      const { steps } = await running
      expect(steps.vacuum?.status).toBe('aborted')
      expect(steps.vacuum?.tables?.map(({ name, status }) => [name, status])).toEqual([
        ['public.slow', 'aborted'],
        ['public.later', 'aborted'],
      ])
      await expectNothingHeld(lab)
    })

    it('an abort ends an ANALYZE', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 500, 40_000)
      await slowDown(lab)
      const controller = new AbortController()
      const running = lab.maintain({ signal: controller.signal, steps: ['analyze'] })
      await until(lab, 'SELECT count(*) > 0 AS yes FROM pg_stat_progress_analyze')
      controller.abort()
      expect((await running).steps.analyze?.status).toBe('aborted')
      await expectNothingHeld(lab)
    })

    it('an abort before, and while it connects, leaves nothing', async () => {
      await using lab = await openLab(server)
      await expect(lab.maintain({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
      const controller = new AbortController()
      const running = lab.maintain({ signal: controller.signal })
      controller.abort()
      await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
      await until(
        lab,
        `SELECT count(*) = 0 AS yes FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'upkeep maintenance%'`,
      )
      expect((await lab.maintain()).skip).toBe(undefined)
    })

    it('a REINDEX that is aborted leaves no invalid index', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'indexed', 10)
      const old = await lab.session()
      await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class')
      const controller = new AbortController()
      const running = lab.maintain(
        { signal: controller.signal, steps: ['reindex'] },
        lab.parts({ lockTimeoutMs: 60_000 }),
      )
      // It waits for the old snapshot, with the new index there and not valid.
      await until(lab, "SELECT count(*) > 0 AS yes FROM pg_class WHERE relname LIKE '%_ccnew'")
      controller.abort()
      const { steps } = await running
      expect(steps.reindex).toMatchObject({
        status: 'aborted',
        tables: [{ status: 'aborted', reason: 'it was stopped' }],
      })
      expect(await lab.sql('SELECT count(*)::int AS count FROM pg_index WHERE NOT indisvalid')).toEqual([{ count: 0 }])
      await expectNothingHeld(lab)
      await old.query('ROLLBACK')
      expect((await lab.maintain({ steps: ['reindex'] })).steps.reindex?.status).toBe('done')
    })

    it('a REINDEX that waits for too long is blocked by whom it names; what is left is dropped by the next run', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'indexed', 10)
      const old = await lab.session()
      await old.query("SET application_name = 'writer'")
      await old.query('BEGIN; INSERT INTO indexed VALUES (5000)')
      const { steps } = await lab.maintain({ steps: ['reindex'] }, lab.parts({ lockTimeoutMs: 100 }))
      expect(steps.reindex).toMatchObject({ status: 'blocked' })
      expect(steps.reindex?.reason).toContain('"writer"')
      await old.query('COMMIT')
      const again = await lab.maintain({ steps: ['reindex'] })
      expect(again.steps.reindex?.status).toBe('done')
      expect(await lab.sql('SELECT count(*)::int AS count FROM pg_index WHERE NOT indisvalid')).toEqual([{ count: 0 }])
      expect(await lab.sql("SELECT count(*)::int AS count FROM pg_class WHERE relname LIKE '%_cc%'")).toEqual([
        { count: 0 },
      ])
    })

    it('past its budget the VACUUM that runs is ended, and the rest is blocked', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 20_000)
      await fillTable(lab, 'later', 500)
      await slowDown(lab)
      const startedMs = performance.now()
      const { steps } = await lab.maintain({
        steps: ['vacuum'],
        budgetLeftMs: () => Math.max(0, 400 - (performance.now() - startedMs)),
      })
      expect(steps.vacuum?.status).toBe('blocked')
      expect(steps.vacuum?.tables?.map(({ status, reason }) => `${status}: ${reason}`)).toEqual([
        'blocked: the budget is spent',
        'blocked: the budget is spent',
      ])
      await expectNothingHeld(lab)
    })

    it('somebody who waits for the table ends the VACUUM, unless he may wait', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'wanted', 20_000)
      await slowDown(lab)
      const other = await lab.session()
      const running = lab.maintain({ steps: ['vacuum'], maxWriteWaitMs: 50 })
      await until(lab, IS_VACUUMING)
      await other.query('ALTER TABLE wanted ADD COLUMN more int')
      const { steps } = await running
      expect(steps.vacuum).toMatchObject({ status: 'blocked', tables: [{ name: 'public.wanted', status: 'blocked' }] })
    })

    it('a process that dies takes its VACUUM and its claim with it', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 20_000)
      await slowDown(lab, 10)
      const parts = lab.parts()
      const handles: ClientHandle[] = []
      const dying = lab.maintain(
        { steps: ['vacuum'] },
        {
          ...parts,
          createClient: (name) => {
            const handle = parts.createClient(name)
            handles.push(handle)
            return handle
          },
        },
      )
      const failed = dying.catch((error: unknown) => error)
      await until(lab, IS_VACUUMING)
      expect((await lab.maintain()).skip).toContain(parts.owner)
      for (const handle of handles) handle.destroy()
      expect(await failed).toMatchObject({ code: 'CONNECTION' })
      // From 14 on the server looks for its client once a second; before, it notices when it has something to say.
      if (server === 'oldest') await lab.sql(`SELECT pg_terminate_backend(pid) FROM ${VACUUMING}`)
      await until(
        lab,
        `SELECT count(*) = 0 AS yes FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'upkeep maintenance%'`,
      )
      expect((await lab.maintain({ dryRun: true })).skip).toBe(undefined)
      // Until the first two seconds of its claim are over.
      while ((await lab.maintain({ steps: ['inspect'] })).skip !== undefined);
    })

    it('progress goes on and never back, from the progress views', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 40_000)
      await lab.sql('ANALYZE slow')
      await slowDown(lab, 5)
      const controller = new AbortController()
      const seen: number[] = []
      const running = lab.maintain({
        signal: controller.signal,
        steps: ['vacuum'],
        onProgress: ({ done, total, unit, step }) => {
          expect([step, unit, done <= (total ?? 0)]).toEqual(['vacuum', 'pages', true])
          seen.push(done)
          // A part of the table, and not its begin.
          if (done > 0) controller.abort()
        },
      })
      await running
      expect(seen.length > 1).toBe(true)
      expect([...seen].sort((one, other) => one - other)).toEqual(seen)
    })
  })
}
