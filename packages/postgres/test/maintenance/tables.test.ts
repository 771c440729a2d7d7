// What VACUUM and ANALYZE come to on a real server, the oldest and the newest: chosen, done, and what can keep them from
// it, each by its exact status.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fillTable, IS_VACUUMING, until } from './fill-table.ts'
import { openLab } from './maintenance-lab.ts'

for (const server of ['newest', 'oldest'] as const) {
  describe(server, () => {
    it('a bloated table is vacuumed and analyzed, and its dead tuples are told before and after', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'bloated', 500)
      await fillTable(lab, 'tidy', 10)
      const { steps } = await lab.maintain()
      expect(steps.vacuum?.tables?.length).toBe(1)
      expect(steps.vacuum?.tables?.[0]).toMatchObject({
        name: 'public.bloated',
        status: 'done',
        before: { deadTuples: 500 },
        after: { deadTuples: 0, liveTuples: 100 },
      })
      expect(steps.vacuum).toMatchObject({ status: 'done', before: { deadTuples: 500 }, after: { deadTuples: 0 } })
      expect(steps.analyze?.tables?.map(({ name, status }) => [name, status]).sort()).toEqual([
        ['public.bloated', 'done'],
        ['public.tidy', 'done'],
      ])
      expect(steps.databaseStats?.status).toBe(server === 'newest' ? 'done' : 'skipped')
      const again = await lab.maintain()
      expect([again.steps.vacuum?.status, again.steps.analyze?.status]).toEqual(['skipped', 'skipped'])
    })

    it('mode full takes every table, whatever its name, and none of another schema', async () => {
      await using lab = await openLab(server)
      const names = ['"; drop table person; --', "it's", 'select', 'a"b`c[d]', 'ünï 🦊', '; ', 'plain']
      await lab.sql('CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.other (id int); CREATE TABLE person (id int)')
      for (const name of names) await lab.sql(`CREATE TABLE ${lab.admin.escapeIdentifier(name)} (id int)`)
      const { steps } = await lab.maintain({ mode: 'full' })
      expect([steps.vacuum?.status, steps.analyze?.status]).toEqual(['done', 'done'])
      const counts = await lab.sql(
        'SELECT relname, schemaname, vacuum_count::int AS vacuumed, analyze_count::int AS analyzed FROM pg_stat_user_tables',
      )
      for (const { relname, schemaname, vacuumed, analyzed } of counts) {
        const isOurs = schemaname === 'public' && relname !== 'upkeep_maintenance'
        expect([relname, vacuumed, analyzed]).toEqual([relname, isOurs ? 1 : 0, isOurs ? 1 : 0])
      }
      expect(counts.length).toBe(names.length + 3)
      const named = await lab.maintain({ mode: 'full' }, lab.parts({ schemas: ['elsewhere'] }))
      expect(named.steps.vacuum?.tables?.map(({ name }) => name)).toEqual(['elsewhere.other'])
    })

    it('a table that another session has locked is blocked, and who has locked it is told', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'locked', 500)
      await fillTable(lab, 'free', 500)
      const other = await lab.session()
      await other.query("SET application_name = 'night job'")
      await other.query('BEGIN; LOCK TABLE locked IN SHARE UPDATE EXCLUSIVE MODE')
      const { steps } = await lab.maintain()
      const status = Object.fromEntries(steps.vacuum?.tables?.map((table) => [table.name, table.status]) ?? [])
      expect(status).toEqual({ 'public.locked': 'blocked', 'public.free': 'done' })
      expect(steps.vacuum?.status).toBe('blocked')
      const [pid] = (await other.query('SELECT pg_backend_pid() AS pid')).rows
      expect(steps.vacuum?.reason).toContain(`session ${pid.pid} ("night job")`)
      expect(steps.analyze?.status).toBe('blocked')
      await other.query('ROLLBACK')
      expect((await lab.maintain()).steps.vacuum?.status).toBe('done')
    })

    it('a table of another role is failed with PERMISSION, and nothing is claimed of it', async () => {
      await using lab = await openLab(server)
      const role = `guest_${randomBytes(4).toString('hex')}`
      await fillTable(lab, 'theirs', 500)
      await lab.sql(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'; GRANT ALL ON SCHEMA public TO ${role}`)
      try {
        const { steps } = await lab.maintain({}, lab.parts({}, role))
        expect(steps.vacuum).toMatchObject({ status: 'failed', tables: [{ name: 'public.theirs', status: 'failed' }] })
        expect(steps.vacuum?.tables?.[0]?.reason).toMatch(/^PERMISSION/)
        const [counted] = await lab.sql(
          "SELECT vacuum_count::int AS n FROM pg_stat_user_tables WHERE relname = 'theirs'",
        )
        expect(counted?.n).toBe(0)
        if (server === 'newest') {
          await lab.sql(`GRANT MAINTAIN ON theirs TO ${role}`)
          expect((await lab.maintain({}, lab.parts({}, role))).steps.vacuum?.status).toBe('done')
        }
      } finally {
        await lab.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
      }
    })

    it('rows that an old snapshot, or a prepared transaction, may still see are blocked, and it is named', async () => {
      await using lab = await openLab(server)
      const reader = await lab.session()
      await reader.query("SET application_name = 'long report'")
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1')
      await fillTable(lab, 'held', 500)
      const { steps } = await lab.maintain()
      expect(steps.vacuum?.tables?.[0]).toMatchObject({
        status: 'blocked',
        before: { deadTuples: 500 },
        after: { deadTuples: 500 },
      })
      expect(steps.vacuum?.reason).toContain('"long report"')
      expect(steps.inspect?.after?.oldestXmin).toContain('"long report"')
      await reader.query('ROLLBACK')
      expect((await lab.maintain()).steps.vacuum).toMatchObject({ status: 'done', after: { deadTuples: 0 } })
      const [max] = await lab.sql("SELECT current_setting('max_prepared_transactions')::int AS n")
      if (max?.n === 0) return
      await lab.sql("BEGIN; CREATE TABLE pending (id int); PREPARE TRANSACTION 'forgotten'")
      await fillTable(lab, 'held_again', 500)
      const prepared = await lab.maintain()
      await lab.sql("ROLLBACK PREPARED 'forgotten'")
      expect(prepared.steps.vacuum).toMatchObject({ status: 'blocked' })
      expect(prepared.steps.vacuum?.reason).toContain('prepared transaction "forgotten"')
    })

    it('what is close to a wraparound is frozen first, in mode light as well', async () => {
      await using lab = await openLab(server)
      await lab.sql('CREATE TABLE old (id int) WITH (autovacuum_freeze_max_age = 100000, autovacuum_enabled = false)')
      await lab.sql('INSERT INTO old VALUES (1)')
      await fillTable(lab, 'bloated', 500)
      // Each block with an exception handler that writes takes a transaction id.
      await lab.sql('CREATE TABLE burn (id int)')
      await lab.sql(`DO $$ BEGIN FOR i IN 1..80100 LOOP
        BEGIN INSERT INTO burn VALUES (1); EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$`)
      const light = await lab.maintain({ mode: 'light', dryRun: true })
      expect(light.plan?.steps.filter(({ run }) => run).map(({ name }) => name)).toEqual(['inspect', 'vacuum'])
      const { steps } = await lab.maintain()
      expect(steps.vacuum?.tables?.[0]).toMatchObject({ name: 'public.old', status: 'done' })
      expect(Number(steps.vacuum?.tables?.[0]?.before?.xidAge) > 80_000).toBe(true)
      expect(Number(steps.vacuum?.tables?.[0]?.after?.xidAge) < 80_000).toBe(true)
    })

    it('a table that somebody vacuums already is left to him', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'busy', 20_000)
      const other = await lab.session()
      await other.query('SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1')
      const vacuuming = other.query('VACUUM busy').catch((error: unknown) => error)
      await until(lab, IS_VACUUMING)
      const { steps } = await lab.maintain()
      expect(steps.vacuum).toMatchObject({ status: 'skipped', tables: [{ name: 'public.busy', status: 'skipped' }] })
      await lab.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'VACUUM busy'")
      await vacuuming
    })

    it('a dry run plans and changes nothing', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'bloated', 500)
      const { plan } = await lab.maintain({ dryRun: true })
      expect(plan?.steps.find(({ name }) => name === 'vacuum')?.run).toBe(true)
      const tables = await lab.sql('SELECT relname, vacuum_count::int AS n FROM pg_stat_user_tables')
      expect(tables).toEqual([{ relname: 'bloated', n: 0 }])
    })

    it('a matview and a partitioned table are looked after, each as it can be', async () => {
      await using lab = await openLab(server)
      await lab.sql('CREATE TABLE part (id int) PARTITION BY RANGE (id)')
      await lab.sql('CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000)')
      await lab.sql('INSERT INTO part SELECT generate_series(1, 500)')
      await lab.sql('CREATE MATERIALIZED VIEW seen AS SELECT * FROM part')
      const { steps } = await lab.maintain({ mode: 'full' })
      const named = (step: 'vacuum' | 'analyze') =>
        steps[step]?.tables?.map(({ name, status }) => `${name} ${status}`).sort()
      expect(named('vacuum')).toEqual(['public.part_1 done', 'public.seen done'])
      expect(named('analyze')).toEqual(['public.part done', 'public.part_1 done', 'public.seen done'])
    })
  })
}
