/**
 * Signals and deadlines, as far as the backend claims: what waits is let go, what has not begun does not run, and the
 * outcome is definite. A claim of `false` is tested as a refusal. Not: doomed transactions, maintenance, streams.
 */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { abortedSignal, createGate, microtasks, track, turns } from '../suite/gate.ts'
import { ENDLESS_READ } from '../suite/long-work.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }

/** Everything that takes a signal. */
const OPERATIONS: Readonly<Record<string, (store: Store<TestSchema>, signal: AbortSignal) => Promise<unknown>>> = {
  select: (store, signal) => store.db.selectFrom('person').selectAll().execute({ signal }),
  insert: (store, signal) => store.db.insertInto('person').values(ANN).execute({ signal }),
  returning: (store, signal) => store.db.insertInto('person').values(ANN).returningAll().executeTakeFirst({ signal }),
  'raw sql': (store, signal) => sql`insert into person (id, name) values (1, 'ann')`.execute(store.db, { signal }),
  stream: (store, signal) => store.db.selectFrom('person').selectAll().stream({ signal }).next(),
  transaction: (store, signal) => store.transaction((tx) => tx.insertInto('person').values(ANN).execute(), { signal }),
  withConnection: (store, signal) =>
    store.withConnection(({ db }) => db.insertInto('person').values(ANN).execute(), { signal }),
  'db.connection': (store, signal) =>
    store.db.connection().execute((db) => db.insertInto('person').values(ANN).execute(), { signal }),
  maintenance: (store, signal) => store.maintenance({ signal }),
}

/** Those that write, and so wait for a writer before them. */
const WAITING = ['insert', 'returning', 'raw sql', 'transaction', 'withConnection', 'db.connection'] as const

/** Longer than a store works off what waits without giving the event loop a turn. */
const LONG_MS = 10

export const cancellation: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  for (const [name, operation] of Object.entries(OPERATIONS)) {
    test(`${name} with an aborted signal is ABORTED by its reason and does nothing`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const reason = new Error('before')
      const error = await expectCode(operation(store, abortedSignal(reason)), 'ABORTED')
      expect(error.cause).toBe(reason)
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
      expect(store.stats().inFlight).toBe(0)
    })

    test(`${name} that has ended does not mind a later abort`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const controller = new AbortController()
      await operation(store, controller.signal)
      controller.abort(new Error('late'))
      await turns()
      await store.db.deleteFrom('person').execute()
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
    })
  }

  for (const name of WAITING) {
    test(`${name} that waits for a writer is let go by its signal, and never runs`, async ({ openWith }) => {
      const store = await openWith(['person', 'counter'])
      const begun = createGate()
      const finish = createGate()
      // The very row that they want to write: where writers run beside each other they wait for nothing less.
      const writing = store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        begun.open()
        await finish.opened
        await tx.deleteFrom('person').execute()
      })
      await begun.opened
      const controller = new AbortController()
      const waiting = track((OPERATIONS[name] as (typeof OPERATIONS)[string])(store, controller.signal))
      await turns()
      expect(waiting.settled).toBe(false)
      controller.abort(new Error('enough'))
      await expectCode(waiting.promise, 'ABORTED')
      finish.open()
      await writing
      await turns()
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
      await store.db.insertInto('person').values(ANN).execute()
    })
  }

  test('whenever the abort comes, the work of withConnection does not begin after it', async ({ openWith }) => {
    const store = await openWith(['counter'])
    for (let delay = 0; delay < 40; delay++) {
      const begun = createGate()
      const finish = createGate()
      const controller = new AbortController()
      const writing = store.transaction(async (tx) => {
        begun.open()
        await finish.opened
        await tx.updateTable('counter').set({ value: delay }).execute()
        for (const untilMs = Date.now() + LONG_MS; Date.now() < untilMs; );
        void microtasks(delay).then(() => controller.abort())
      })
      await begun.opened
      let beganLate = false
      const waiting = store.withConnection(
        async () => {
          beganLate = controller.signal.aborted
        },
        { signal: controller.signal },
      )
      const told = rejectionOf(waiting)
      await turns(1)
      finish.open()
      await Promise.all([writing, told])
      await turns()
      expect([delay, beganLate]).toEqual([delay, false])
    }
    expect(store.stats().inFlight).toBe(0)
  })

  test('one that gives up waiting does not hold up those behind it', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const begun = createGate()
    const finish = createGate()
    const writing = store.transaction(async () => {
      begun.open()
      await finish.opened
    })
    await begun.opened
    const controller = new AbortController()
    const first = rejectionOf(store.db.updateTable('counter').set({ value: 1 }).execute({ signal: controller.signal }))
    const second = store.db.updateTable('counter').set({ value: 2 }).execute()
    controller.abort()
    expect(await first).toMatchObject({ code: 'ABORTED' })
    finish.open()
    await writing
    await second
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 2 }])
  })

  test('aborting prints nothing', async ({ openWith }) => {
    const store = await openWith(['person'])
    const printed: unknown[][] = []
    const { error, warn } = console
    console.error = (...data: unknown[]) => void printed.push(data)
    console.warn = console.error
    try {
      for (const operation of Object.values(OPERATIONS)) {
        const controller = new AbortController()
        const running = rejectionOf(operation(store, controller.signal))
        controller.abort(new Error('now'))
        await running
        await store.db.deleteFrom('person').execute()
      }
      await turns()
    } finally {
      console.error = error
      console.warn = warn
    }
    expect(printed).toEqual([])
  })

  describe('a running statement', () => {
    if (capabilities.cancellation === false || capabilities.cancellation === 'deadline') {
      for (const inflightQueryAbortStrategy of ['cancel query', 'kill session'] as const) {
        test(`'${inflightQueryAbortStrategy}' is UNSUPPORTED, and the statement does not run`, async ({ openWith }) => {
          const store = await openWith(['person'])
          const options = { signal: new AbortController().signal, inflightQueryAbortStrategy }
          const insert = store.db.insertInto('person').values(ANN)
          await expectCode(insert.execute(options), 'UNSUPPORTED')
          await expectCode(
            store.db.connection().execute((db) => db.insertInto('person').values(ANN).execute(options)),
            'UNSUPPORTED',
          )
          await expectCode(
            store.transaction((tx) => tx.insertInto('person').values(ANN).execute(options)),
            'UNSUPPORTED',
          )
          expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
        })
      }
    } else {
      test('that would never end is stopped in the engine', async ({ openWith }) => {
        const store = await openWith(['person'])
        const controller = new AbortController()
        const running = track(sql.raw(ENDLESS_READ[harness.dialect]).execute(store.db, { signal: controller.signal }))
        await turns()
        expect(running.settled).toBe(false)
        controller.abort(new Error('enough'))
        await expectCode(running.promise, 'ABORTED')
        await store.db.insertInto('person').values(ANN).execute()
        expect((await store.close()).clean).toBe(true)
      })
    }
  })
}
