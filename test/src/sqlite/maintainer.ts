/** Maintenance that leaves alone what is not its own: settings, files on a dry run, and the work of another maintainer. */
import { sql } from 'kysely'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import { fillSample } from './sample-file.ts'

export const maintainer: Topic = ({ harness, describe, expect, test }) => {
  const { capabilities } = harness
  if (!capabilities.persistent || !capabilities.multiProcess) return

  test('dryRun changes nothing', async (t) => {
    const store = await t.openWith(['sample'])
    await fillSample(store, 300)
    const sizes = async () => [await t.database.fileSizeBytes?.(), await t.database.walSizeBytes?.()]
    const before = await sizes()
    await store.maintenance({ mode: 'full', dryRun: true })
    expect(await sizes()).toEqual(before)
  })

  test('no setting of the database or of the application’s connections is changed', async ({ openWith }) => {
    // A thread that copies the log has changed one of them already.
    const store = await openWith(['sample'], capabilities.checkpointer === false ? {} : { checkpointer: false })
    await fillSample(store, 300)
    const settings = async (): Promise<readonly unknown[]> => {
      const found: unknown[] = []
      for (const name of [
        'journal_mode',
        'auto_vacuum',
        'page_size',
        'synchronous',
        'wal_autocheckpoint',
        'busy_timeout',
        'foreign_keys',
        'cache_size',
        'temp_store',
        'analysis_limit',
      ]) {
        found.push((await sql`pragma ${sql.raw(name)}`.execute(store.db)).rows)
      }
      return found
    }
    const before = await settings()
    await store.maintenance({ mode: 'full', integrity: 'full' })
    expect(await settings()).toEqual(before)
  })

  test('processes that write while it runs lose no update and are not turned away', async ({ client, openWith }) => {
    const store = await openWith(['counter', 'sample'])
    const others = [await client(), await client()]
    await fillSample(store, 300)
    const writing = others.map((other) => other.call('increment', { times: 40 }))
    const report = await store.maintenance()
    await Promise.all(writing)
    expect(report.steps.some(({ status }) => status === 'failed')).toBe(false)
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 80 }])
  })

  describe('one maintainer among processes', () => {
    if (capabilities.singleMaintainer === false) return

    test('while another process maintains, the run is skipped and says why', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('holdMaintenance')
      const report = await store.maintenance()
      expect(report).toMatchObject({ outcome: 'skipped', steps: [] })
      expect((report.reason ?? '').length > 0).toBe(true)
      await other.call('release')
      expect((await store.maintenance()).outcome).toBe('ok')
    })

    test('two stores in one process are two as well', async ({ open, openWith }) => {
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
      expect((await two.maintenance()).outcome).toBe('skipped')
      proceed.open()
      expect((await first).outcome).toBe('ok')
      expect((await two.maintenance()).outcome).toBe('ok')
    })

    test('a maintainer that was killed holds nothing', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('holdMaintenance')
      await other.kill()
      expect((await store.maintenance()).outcome).toBe('ok')
    })

    test('a store that closes meanwhile is skipped too, and closes clean', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('holdMaintenance')
      const report = await store.close()
      expect(report.maintenance?.outcome).toBe('skipped')
      expect(report.clean).toBe(true)
      await other.call('release')
    })
  })
}
