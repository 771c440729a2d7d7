// What is about the server as a whole: a standby, CHECKPOINT, the statistics of the database, tables that are rewritten,
// what a role may not do, and what is noted for later.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isLeftOut } from '../../../../test/servers/is-left-out.ts'
import type { Ask } from '../../src/maintenance/dedicated-client.ts'
import { recallNote } from '../../src/maintenance/maintainer-notes.ts'
import { fillTable, slowDown, until } from './fill-table.ts'
import { type Lab, openLab } from './maintenance-lab.ts'

/** A role that may do what is granted to it; gone with the answer. */
async function createRole(lab: Lab): Promise<AsyncDisposable & { readonly name: string }> {
  const name = `guest_${randomBytes(4).toString('hex')}`
  await lab.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  return {
    name,
    async [Symbol.asyncDispose]() {
      await lab.sql(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
    },
  }
}

describe.skipIf(isLeftOut('standby'))('a standby', () => {
  it('is skipped as a whole, with the reason, and looked at by nobody', async () => {
    await using lab = await openLab('standby')
    const { skip, plan } = await lab.maintain({ mode: 'full' })
    expect(skip).toContain('standby')
    expect(plan).toBe(undefined)
  })
})

describe('a read-only store', () => {
  it('refuses, though the session could VACUUM', async () => {
    await using lab = await openLab('newest')
    await expect(lab.maintain({}, { ...lab.parts(), readOnly: true })).rejects.toMatchObject({ code: 'READONLY' })
  })
})

for (const server of ['newest', 'oldest'] as const) {
  describe(server, () => {
    it('CHECKPOINT is done where it is asked for, and failed with PERMISSION by a role that may not', async () => {
      await using lab = await openLab(server)
      const { plan, steps } = await lab.maintain({ steps: ['checkpoint'] })
      expect([plan?.steps.length, steps.checkpoint?.status]).toEqual([1, 'done'])
      expect((await lab.maintain()).steps.checkpoint?.status).toBe('skipped')
      expect((await lab.maintain({}, lab.parts({ checkpoint: true }))).steps.checkpoint?.status).toBe('done')
      await using role = await createRole(lab)
      await expect(lab.maintain({ steps: ['checkpoint'] }, lab.parts({}, role.name))).rejects.toMatchObject({
        code: 'PERMISSION',
      })
      const optional = await lab.maintain({}, lab.parts({ checkpoint: true }, role.name))
      expect(optional.steps.checkpoint?.status).toBe('skipped')
    })

    it('a role that may create no table maintains all the same, alone', async () => {
      await using lab = await openLab(server)
      await using role = await createRole(lab)
      await lab.sql(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
      await lab.sql(`CREATE TABLE mine (id int); ALTER TABLE mine OWNER TO ${role.name}`)
      const { steps } = await lab.maintain({ mode: 'full' }, lab.parts({}, role.name))
      expect([steps.vacuum?.status, steps.analyze?.status]).toEqual(['done', 'done'])
      expect(await lab.sql("SELECT to_regclass('upkeep_maintenance') IS NULL AS yes")).toEqual([{ yes: true }])
    })

    it('VACUUM FULL rewrites what is mostly empty, and only by its option', async () => {
      await using lab = await openLab(server)
      await lab.sql(`CREATE TABLE hollow (id int, pad text) WITH (autovacuum_enabled = false)`)
      await lab.sql(`INSERT INTO hollow SELECT i, repeat('x', 500) FROM generate_series(1, 60000) i`)
      await lab.sql('DELETE FROM hollow WHERE id % 100 > 0')
      await lab.sql('VACUUM hollow')
      await lab.sql('ANALYZE hollow')
      const size = async () => Number((await lab.sql("SELECT pg_relation_size('hollow')::float8 AS bytes"))[0]?.bytes)
      const before = await size()
      await lab.maintain({ mode: 'full' })
      expect(await size()).toBe(before)
      const options = { vacuumFull: 'locks-out-readers-and-writers' } as const
      const { steps } = await lab.maintain({ mode: 'full' }, lab.parts(options))
      const hollow = steps.vacuum?.tables?.find(({ name }) => name === 'public.hollow')
      expect(hollow?.status).toBe('done')
      expect(Number(hollow?.after?.pageCount) < Number(hollow?.before?.pageCount) / 10).toBe(true)
      expect((await size()) < before / 10).toBe(true)
    })

    it('what is remembered is there for another process, and for a store that has never run nothing is', async () => {
      await using lab = await openLab(server)
      const ask: Ask = async (sql, values) => (await lab.admin.query(sql, values as unknown[])).rows
      expect(await recallNote(ask, 'maintained_at')).toBe(undefined)
      await lab.maintain({ dryRun: true })
      expect(await recallNote(ask, 'maintained_at')).toBe(undefined)
      await lab.maintain()
      expect(await recallNote(ask, 'maintained_at')).toBe('12345')
      expect(await recallNote(ask, 'other')).toBe(undefined)
    })

    it('a role whose warnings are silent is not believed', async () => {
      await using lab = await openLab(server)
      await using role = await createRole(lab)
      await lab.sql(`ALTER ROLE ${role.name} SET client_min_messages = error`)
      await lab.sql(`GRANT ALL ON SCHEMA public TO ${role.name}`)
      await fillTable(lab, 'locked', 500)
      await lab.sql(`ALTER TABLE locked OWNER TO ${role.name}`)
      const other = await lab.session()
      await other.query('BEGIN; LOCK TABLE locked IN SHARE UPDATE EXCLUSIVE MODE')
      const { steps } = await lab.maintain({}, lab.parts({}, role.name))
      expect(steps.vacuum?.status).toBe('blocked')
      await other.query('ROLLBACK')
    })

    it('a deadline that the role has for its statements is none for maintenance', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'slow', 3000)
      await slowDown(lab, 20)
      const [row] = await lab.sql('SELECT quote_ident(current_database()) AS name')
      await lab.sql(`ALTER DATABASE ${row?.name} SET statement_timeout = '300ms'`)
      const startedMs = performance.now()
      expect((await lab.maintain({ steps: ['vacuum'] })).steps.vacuum?.status).toBe('done')
      expect(performance.now() - startedMs > 300).toBe(true)
    })

    it('an invalid index of a REINDEX that was killed is dropped by the next run', async () => {
      await using lab = await openLab(server)
      await fillTable(lab, 'indexed', 10)
      const old = await lab.session()
      await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1')
      const killed = await lab.session()
      const failing = killed.query('REINDEX INDEX CONCURRENTLY indexed_pkey').catch((error: unknown) => error)
      await until(lab, "SELECT count(*) > 0 AS yes FROM pg_class WHERE relname = 'indexed_pkey_ccnew'")
      await lab.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%'")
      await failing
      await old.query('ROLLBACK')
      const { steps } = await lab.maintain({}, lab.parts({ reindex: true }))
      expect(steps.reindex).toMatchObject({
        status: 'done',
        tables: [{ name: 'public.indexed_pkey_ccnew', status: 'done' }],
      })
      expect(await lab.sql('SELECT count(*)::int AS count FROM pg_index WHERE NOT indisvalid')).toEqual([{ count: 0 }])
    })
  })
}
