/** Who keeps the write-ahead log larger than it may be: by name if it is ours, ended if that is wanted, else foreign. */
import type { HealthFinding, Store } from '@upkeep/core'
import { sql } from 'kysely'
import { createGate } from '../suite/gate.ts'
import { type KeepingLogger, keepingLogger } from '../suite/keeping-logger.ts'
import { lookAgainUntil } from '../suite/look-again.ts'
import type { ManualClock } from '../suite/manual-clock.ts'
import { PLANTED_NUMBER } from '../suite/planted.ts'
import type { Scenario, Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const WAL_LIMIT_BYTES = 1024 * 1024
const HELD = 'a reader keeps the write-ahead log above its limit'
const ENDED = 'a reader was ended: it held the write-ahead log'

const held = async (store: Store<any>): Promise<HealthFinding | undefined> =>
  (await store.health({ fresh: true })).findings.find(({ code }) => code === 'wal_held')

const fieldsOf = (lines: KeepingLogger['lines'], message: string): Record<string, unknown>[] =>
  lines.filter((line) => line[1] === message).map((line) => line[2] as Record<string, unknown>)

/** More log than the limit; where commits copy it, also more than they would leave there of themselves. */
async function writeMuch({ db, capabilities }: Store<TestSchema>): Promise<void> {
  const rowCount = capabilities.checkpointer === false ? 300 : 60
  await db.transaction().execute(async (tx) => {
    for (let id = 1; id <= rowCount; id++) {
      const data = new Uint8Array(40_000).fill(id)
      await tx.replaceInto('sample').values({ id, data }).execute()
    }
  })
}

const has = (text: string | undefined, part: string): boolean => text?.includes(part) === true

interface World {
  readonly store: Store<TestSchema>
  readonly clock: ManualClock
  readonly lines: KeepingLogger['lines']
  /** Lets time pass until health says of the log what it should. */
  until(status: HealthFinding['status']): Promise<HealthFinding | undefined>
}

async function openWorld(
  t: Scenario,
  options: { readonly maxReadAgeMs?: number; readonly durability?: 'normal' } = {},
): Promise<World> {
  const clock = t.manualClock()
  const { logger, lines } = keepingLogger()
  const store = await t.openWith(['sample', 'counter'], {
    clock,
    logger,
    walLimitBytes: WAL_LIMIT_BYTES,
    ...options,
    health: { cacheMs: false },
  })
  await store.db
    .insertInto('sample')
    .values({ id: 0, data: new Uint8Array(8) })
    .execute()
  return {
    store,
    clock,
    lines,
    async until(status) {
      let finding: HealthFinding | undefined
      await lookAgainUntil(clock, async () => {
        finding = await held(store)
        return finding?.status === status
      })
      return finding
    },
  }
}

export const heldLog: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  // Who reads on the connection that writes has no snapshot to hold it with.
  if (!capabilities.writeAheadLog || !capabilities.persistent || !capabilities.concurrentReads) {
    test('without a log, or readers beside the writer, there is nobody who holds it', async ({ open }) => {
      expect(await held(await open())).toBe(undefined)
    })
    return
  }

  const goesOn = async ({ store, until, lines }: World, t: Scenario): Promise<void> => {
    if (capabilities.checkpointer !== false) {
      await until('pass')
      expect((await t.database.walSizeBytes?.()) ?? 0).toBe(0)
    }
    await writeMuch(store)
    expect(fieldsOf(lines, HELD).length).toBe(1)
  }

  test('a stream is named, without values, and once; when it has gone the log is small again', async (t) => {
    const world = await openWorld(t)
    const { store, until, lines } = world
    expect(await held(store)).toMatchObject({ status: 'pass', value: 0, limit: WAL_LIMIT_BYTES })
    const stream = store.db
      .selectFrom('sample')
      .select(['id', sql.lit(PLANTED_NUMBER).as('planted')])
      .where('id', '>=', 0)
      .stream(1)
    await stream.next()
    await writeMuch(store)
    const finding = await until('warn')
    expect(Number(finding?.value) > WAL_LIMIT_BYTES).toBe(true)
    expect(has(finding?.text, 'stream')).toBe(true)
    expect(has(finding?.text, 'from "sample"')).toBe(true)
    await writeMuch(store)
    await until('warn')
    const [told, ...more] = fieldsOf(lines, HELD)
    expect([told?.reader, typeof told?.ageMs, more.length]).toEqual(['stream', 'number', 0])
    expect(has(String(told?.sql), 'from "sample"')).toBe(true)
    expect(JSON.stringify([finding, lines]).includes(String(PLANTED_NUMBER))).toBe(false)
    await stream.return?.()
    await goesOn(world, t)
  })

  test('a read-only transaction is named by its last statement', async (t) => {
    const world = await openWorld(t)
    const { store, until } = world
    const read = createGate()
    const enough = createGate()
    const reading = store.transaction(
      async (tx) => {
        await tx.selectFrom('sample').select('id').execute()
        await tx.selectFrom('counter').select('value').execute()
        read.open()
        await enough.opened
      },
      { accessMode: 'read only' },
    )
    await read.opened
    await writeMuch(store)
    const finding = await until('warn')
    expect(has(finding?.text, 'read-only transaction')).toBe(true)
    expect(has(finding?.text, 'from "counter"')).toBe(true)
    enough.open()
    await reading
    await goesOn(world, t)
  })

  if (capabilities.checkpointer !== false) {
    test('with durability normal commits are synced meanwhile, so that it does not grow beyond the disk', async (t) => {
      const { clock, until, store } = await openWorld(t, { durability: 'normal' })
      const synchronous = () =>
        store.transaction(async (tx) => (await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(tx)).rows[0])
      expect(await synchronous()).toEqual({ synchronous: 1 })
      const stream = store.db.selectFrom('sample').select('id').stream(1)
      await stream.next()
      await writeMuch(store)
      await until('warn')
      await lookAgainUntil(clock, async () => (await synchronous())?.synchronous === 2)
      await stream.return?.()
      await lookAgainUntil(clock, async () => (await synchronous())?.synchronous === 1)
    })
  }

  test('a reader of another process is said to be that', async (t) => {
    const world = await openWorld(t)
    const { store, until, lines } = world
    const other = await t.client()
    await other.call('hold', { access: 'read' })
    await writeMuch(store)
    expect(has((await until('warn'))?.text, 'another process')).toBe(true)
    expect(fieldsOf(lines, HELD).map(({ reader }) => reader)).toEqual(['another process, or another store on the file'])
    await other.call('release')
    await goesOn(world, t)
  })

  test('below the limit nobody is told of it, whoever reads', async (t) => {
    const { store, clock, lines } = await openWorld(t, { maxReadAgeMs: 1000 })
    const stream = store.db.selectFrom('sample').select('id').stream(1)
    await stream.next()
    await store.db.updateTable('counter').set({ value: 7 }).execute()
    for (let look = 0; look < 20; look++) {
      clock.advance(500)
      expect((await held(store))?.status).toBe('pass')
    }
    expect(lines.filter(([level]) => level === 'warn')).toEqual([])
    expect((await stream.next()).done).toBe(true)
  })

  describe('maxReadAgeMs', () => {
    test('ends a stream that is older, with TIMEOUT, and the log is small again', async (t) => {
      const world = await openWorld(t, { maxReadAgeMs: 3000 })
      const { store, clock, lines } = world
      await store.db
        .insertInto('sample')
        .values({ id: 5000, data: new Uint8Array(8) })
        .execute()
      const stream = store.db.selectFrom('sample').select('id').stream(1)
      await stream.next()
      await writeMuch(store)
      await world.until('warn')
      await lookAgainUntil(clock, async () => fieldsOf(lines, ENDED).length > 0)
      await expectCode(Promise.resolve(stream.next()), 'TIMEOUT')
      expect(fieldsOf(lines, ENDED).map(({ reader }) => reader)).toEqual(['stream'])
      await goesOn(world, t)
    })

    test('ends a read-only transaction that is older: it is TIMEOUT from then on', async (t) => {
      const world = await openWorld(t, { maxReadAgeMs: 3000 })
      const { store, clock, lines } = world
      const read = createGate()
      const enough = createGate()
      const reading = store.transaction(
        async (tx) => {
          await tx.selectFrom('sample').select('id').execute()
          read.open()
          await enough.opened
          await expectCode(tx.selectFrom('sample').select('id').execute(), 'TIMEOUT')
        },
        { accessMode: 'read only' },
      )
      await read.opened
      await writeMuch(store)
      await lookAgainUntil(clock, async () => fieldsOf(lines, ENDED).length > 0)
      enough.open()
      await expectCode(reading, 'TIMEOUT')
      await goesOn(world, t)
      expect(
        (await store.transaction((tx) => tx.selectFrom('counter').selectAll().execute(), { accessMode: 'read only' }))
          .length,
      ).toBe(1)
    })
  })
}
