/** What `health()` finds in SQLite alone: the write-ahead log, free pages, the disk. */
import type { HealthFinding, HealthLimits, Store } from '@upkeep/core'
import { sql } from 'kysely'
import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const look = async (store: Store<any>, code: string): Promise<HealthFinding | undefined> =>
  (await store.health({ fresh: true })).findings.find((finding) => finding.code === code)

const deleteMost = (store: Store<TestSchema>) => store.db.deleteFrom('person').where('id', '>', 10).execute()

export const healthSqlite: Topic = ({ harness, describe, expect, test }) => {
  const { capabilities } = harness
  const isFile = capabilities.persistent

  test('what a database in memory has not is left out', async ({ open }) => {
    const { findings } = await (await open()).health()
    const codes = findings.map(({ code }) => code)
    expect(['freelist', 'wal_size', 'disk_free'].map((code) => codes.includes(code))).toEqual([
      true,
      isFile && capabilities.writeAheadLog,
      isFile,
    ])
  })

  describe('freelist', () => {
    const fillAndDelete = async (store: Store<TestSchema>): Promise<HealthFinding | undefined> => {
      await fillPeople(store.db, 1000)
      await deleteMost(store)
      return look(store, 'freelist')
    }

    test('warns of what was deleted, and passes once maintenance has given it back', async ({ openWith }) => {
      const store = await openWith(['person'], { health: { limits: { freelistSizeBytes: 0 } } })
      expect((await look(store, 'freelist'))?.status).toBe('pass')
      const finding = await fillAndDelete(store)
      expect([finding?.status, finding?.limit]).toEqual(['warn', 0.25])
      expect(Number(finding?.value) > 0.5 && Number(finding?.value) < 1).toBe(true)
      expect((await store.maintenance({ mode: 'full' })).outcome).toBe('ok')
      expect((await look(store, 'freelist'))?.status).toBe('pass')
    })

    const lenient: Readonly<Record<string, Partial<HealthLimits>>> = {
      'a large share of little': {},
      'a small share of much': { freelistSizeBytes: 0, freelistRatio: 1 },
    }
    for (const [name, limits] of Object.entries(lenient)) {
      test(`${name} passes`, async ({ openWith }) => {
        const finding = await fillAndDelete(await openWith(['person'], { health: { limits } }))
        expect([finding?.status, Number(finding?.value) > 0.5]).toEqual(['pass', true])
      })
    }
  })

  test('a TEMP object moves reads to the writer, and health answers beside a transaction all the same', async (t) => {
    const store = await t.openWith(['counter'])
    await sql`create temp table note (id integer)`.execute(store.db)
    await store.transaction(async (tx) => {
      await tx.updateTable('counter').set({ value: 1 }).execute()
      expect((await store.health({ fresh: true })).status).toBe('pass')
    })
  })

  if (!isFile) return

  if (capabilities.multiProcess) {
    test('a write transaction of another process is in nobody’s way', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('hold', { access: 'write' })
      expect((await store.health({ fresh: true })).status).toBe('pass')
      await other.call('release')
    })
  }

  test('disk_free: warn below its limit, fail below a tenth of it', async ({ open }) => {
    const store = await open()
    const freeBytes = Number((await look(store, 'disk_free'))?.value)
    expect(freeBytes > 0).toBe(true)
    await store.close()
    for (const [diskFreeBytes, status] of [
      [0, 'pass'],
      [freeBytes * 4, 'warn'],
      [freeBytes * 40, 'fail'],
    ] as const) {
      const limited = await open({ health: { limits: { diskFreeBytes } } })
      const report = await limited.health()
      expect(report.status).toBe(status)
      expect(report.findings.find(({ code }) => code === 'disk_free')).toMatchObject({ status, limit: diskFreeBytes })
      await limited.close()
    }
  })

  // With a single connection a reader keeps everybody out, and nothing from being copied.
  if (!capabilities.writeAheadLog || !capabilities.concurrentReads) return

  test('pool_use and pool_wait: all readers in use pass, somebody who had to wait for one warns', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 5000, health: { limits: { poolWaitMs: 200 } } })
    const enough = createGate()
    const read = (begun: () => void) =>
      store.transaction(
        async (tx) => {
          await tx.selectFrom('counter').selectAll().execute()
          begun()
          await enough.opened
        },
        { accessMode: 'read only' },
      )
    const limit = store.stats().engine.pool?.limit ?? 0
    const begun = Array.from({ length: limit }, createGate)
    const reading = begun.map((gate) => read(gate.open))
    for (const gate of begun) await gate.opened
    expect(await look(store, 'pool_use')).toMatchObject({ status: 'pass', value: limit, limit })
    const waiting = read(() => undefined)
    await clock.timerSet(5000)
    clock.advance(300)
    expect(await look(store, 'pool_use')).toMatchObject({ status: 'warn', value: limit + 1, limit })
    enough.open()
    await Promise.all([...reading, waiting])
    expect(await look(store, 'pool_use')).toMatchObject({ status: 'warn', value: limit + 1, limit })
    expect(await look(store, 'pool_wait')).toMatchObject({ status: 'warn', limit: 200 })
    clock.advance(60_000)
    expect(await look(store, 'pool_use')).toMatchObject({ status: 'pass', value: 0, limit })
    expect((await look(store, 'pool_wait'))?.status).toBe('pass')
  })

  test('wal_size: what a reader keeps from being copied warns, until the reader has gone', async (t) => {
    const store = await t.openWith(['person'], { health: { limits: { walSizeBytes: 100_000 } } })
    const reading = createGate()
    const enough = createGate()
    const reader = store.transaction(
      async (tx) => {
        await tx.selectFrom('person').selectAll().execute()
        reading.open()
        await enough.opened
      },
      { accessMode: 'read only' },
    )
    await reading.opened
    await fillPeople(store.db, 1000)
    await store.maintenance({ steps: ['checkpoint'] })
    const finding = await look(store, 'wal_size')
    expect(finding).toMatchObject({ status: 'warn', limit: 100_000, value: await t.database.walSizeBytes?.() })
    enough.open()
    await reader
    await store.maintenance({ steps: ['checkpoint'] })
    expect(await look(store, 'wal_size')).toMatchObject({ status: 'pass', value: 0 })
  })
}
