/** `close()`: one promise for all, every way to call it, shutdown maintenance, the report. Not: what still runs then. */
import type { Topic } from '../suite/suite.ts'

export const close: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('an idle store closes clean', async ({ openWith }) => {
    const store = await openWith(['person'])
    const report = await store.close()
    expect(report).toMatchObject({ clean: true, abandoned: 0 })
    expect(store.status).toBe('closed')
  })

  test('every caller gets the same promise, during and after', async ({ open }) => {
    const store = await open()
    const first = store.close()
    const second = store.close({ maintenanceOnClose: 'full' })
    expect(second).toBe(first)
    await first
    expect(store.close()).toBe(first)
  })

  test('db.destroy() is close()', async ({ open }) => {
    const store = await open()
    await store.db.destroy()
    expect(store.status).toBe('closed')
    expect((await store.close()).clean).toBe(true)
  })

  test('await using closes at the end of the block', async ({ open }) => {
    const store = await open()
    {
      await using owned = store
      expect(owned.status).toBe('open')
    }
    expect(store.status).toBe('closed')
  })

  test('await using a Kysely closes too', async ({ open }) => {
    const store = await open()
    {
      await using db = store.db
      expect(db).toBe(store.db)
    }
    expect(store.status).toBe('closed')
  })

  test('shutdown maintenance is in the report', async ({ openWith }) => {
    const store = await openWith(['person'])
    const report = await store.close({ maintenanceOnClose: 'light' })
    expect(report.maintenance).toMatchObject({ mode: 'light', outcome: 'ok' })
  })

  test('maintenanceOnClose: false does none', async ({ openWith }) => {
    const store = await openWith(['person'])
    expect((await store.close({ maintenanceOnClose: false })).maintenance).toBe(undefined)
  })

  if (capabilities.writeAheadLog) {
    for (const maintenanceOnClose of ['auto', 'light', false] as const) {
      test(`leaves no write-ahead log behind (maintenanceOnClose: ${maintenanceOnClose})`, async (t) => {
        const store = await t.openWith(['person'])
        await store.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
        const report = await store.close({ maintenanceOnClose })
        expect(report.walSizeBytes).toBe(0)
        expect(report.clean).toBe(true)
        if (t.database.walSizeBytes !== undefined) expect(await t.database.walSizeBytes()).toBe(0)
      })
    }
  }

  test('refuses options it does not know and values that are none', async ({ open }) => {
    const store = await open()
    await expectCode(store.close({ drainMs: -1 }), 'INVALID_ARGUMENT')
    await expectCode(store.close({ drainMS: 5 } as object), 'INVALID_ARGUMENT')
    expect(store.status).toBe('open')
  })
}
