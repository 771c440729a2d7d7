/**
 * `onChange()`: who hears of a commit, of which tables, and when; or that it is refused. Not: what makes one table change
 * with another; that is in `changedTables`.
 */
import type { Store, StoreChange } from '@upkeep/core'
import { createGate, turns } from '../suite/gate.ts'
import { keepingLogger } from '../suite/keeping-logger.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ann = { id: 1, name: 'ann', age: null }
const bob = { id: 2, name: 'bob', age: null }

type TestTable = keyof TestSchema & string

/** What a listener is told, as lists of tables. */
function hear(store: Store<TestSchema>, tables: readonly TestTable[]): readonly (readonly string[])[] {
  const heard: (readonly string[])[] = []
  store.onChange(tables, (change: StoreChange) => void heard.push(change.tables))
  return heard
}

function codeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  }
}

export const changeNotice: Topic = ({ harness, describe, expect, expectCode, test }) => {
  if (!harness.capabilities.changeNotice) {
    test('is UNSUPPORTED', async ({ open }) => {
      const store = await open()
      expect(codeOf(() => store.onChange(['person'], () => undefined))).toBe('UNSUPPORTED')
    })
    return
  }

  test('is told of a statement on its own, before its caller is', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'])
    const heard = hear(store, ['person'])
    await store.db.insertInto('person').values(ann).execute()
    expect(heard).toEqual([['person']])
  })

  test('sees what was committed', async ({ openWith }) => {
    const store = await openWith(['person'])
    const called = createGate()
    let seen: Promise<unknown> | undefined
    store.onChange(['person'], () => {
      seen = store.db.selectFrom('person').select('name').execute()
      called.open()
    })
    await store.db.insertInto('person').values(ann).execute()
    await called.opened
    expect(await seen).toEqual([{ name: 'ann' }])
  })

  test('is told of a transaction once, when it has committed', async ({ openWith }) => {
    const store = await openWith(['person', 'counter', 'sample'])
    const heard = hear(store, ['person', 'counter', 'sample'])
    await store.transaction(async (tx) => {
      await tx.insertInto('person').values([ann, bob]).execute()
      await tx.updateTable('person').set({ age: 5 }).execute()
      await tx.updateTable('counter').set({ value: 1 }).execute()
      await turns()
      expect(heard).toEqual([])
    })
    expect(heard.map((tables) => [...tables].sort())).toEqual([['counter', 'person']])
  })

  test('is told of a transaction that it was not there to see begin', async ({ openWith }) => {
    const store = await openWith(['person'])
    let heard: readonly unknown[] = []
    await store.transaction(async (tx) => {
      await tx.insertInto('person').values(ann).execute()
      heard = hear(store, ['person'])
    })
    expect(heard).toEqual([['person']])
  })

  describe('is told nothing', () => {
    test('of a transaction that was rolled back, nor by the one after it', async ({ openWith }) => {
      const store = await openWith(['person', 'counter'])
      const heard = hear(store, ['person', 'counter'])
      const failure = new Error('no')
      const rolledBack = store.transaction(async (tx) => {
        await tx.insertInto('person').values(ann).execute()
        throw failure
      })
      expect(await rolledBack.catch((error) => error)).toBe(failure)
      expect(heard).toEqual([])
      await store.db.updateTable('counter').set({ value: 1 }).execute()
      expect(heard).toEqual([['counter']])
    })

    test('of a statement that failed', async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.db.insertInto('person').values(ann).execute()
      const heard = hear(store, ['person'])
      await expectCode(store.db.insertInto('person').values([bob, ann]).execute(), 'CONSTRAINT')
      expect(heard).toEqual([])
    })

    test('of a write that changed no row, and of reads', async ({ openWith }) => {
      const store = await openWith(['person'])
      const heard = hear(store, ['person'])
      await store.db.updateTable('person').set({ age: 1 }).execute()
      await store.db.deleteFrom('person').where('id', '=', 7).execute()
      await store.transaction((tx) => tx.selectFrom('person').selectAll().execute())
      expect(heard).toEqual([])
    })

    test('of other tables', async ({ openWith }) => {
      const store = await openWith(['person', 'counter'])
      const heard = hear(store, ['counter'])
      await store.db.insertInto('person').values(ann).execute()
      expect(heard).toEqual([])
    })

    test('once it has ended; others go on', async ({ openWith }) => {
      const store = await openWith(['person'])
      const calls: string[] = []
      const end = store.onChange(['person'], () => void calls.push('ended'))
      const endOther = store.onChange(['person'], () => void calls.push('other'))
      end()
      end()
      await store.db.insertInto('person').values(ann).execute()
      endOther()
      await store.db.insertInto('person').values(bob).execute()
      expect(calls).toEqual(['other'])
      expect(hear(store, ['person'])).toEqual([])
    })
  })

  test('rows that come back from a write, and pinned connections, are told like others', async ({ openWith }) => {
    const store = await openWith(['person'])
    const heard = hear(store, ['person'])
    await store.db.insertInto('person').values(ann).returning('id').execute()
    await store.withConnection(({ db }) => db.insertInto('person').values(bob).execute())
    expect(heard).toEqual([['person'], ['person']])
  })

  test('a listener that throws is logged, and hurts nobody', async ({ openWith }) => {
    const { logger, lines } = keepingLogger()
    const store = await openWith(['person'], { logger })
    const throws = (): never => {
      throw new Error('of the application')
    }
    store.onChange(['person'], throws)
    store.onChange(['person'], async () => throws())
    const heard = hear(store, ['person'])
    await store.db.insertInto('person').values(ann).execute()
    expect(heard).toEqual([['person']])
    await turns()
    expect(
      lines.filter(([level, message]) => level === 'warn' && message === 'a listener of onChange failed').length,
    ).toBe(2)
  })

  test('a listener may write, and is told of that too', async ({ openWith }) => {
    const store = await openWith(['person', 'counter'])
    const counted = createGate()
    store.onChange(['counter'], () => counted.open())
    store.onChange(['person'], () => store.db.updateTable('counter').set({ value: 1 }).execute())
    await store.transaction((tx) => tx.insertInto('person').values(ann).execute())
    await counted.opened
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 1 }])
  })

  test('ends with the store', async ({ openWith }) => {
    const store = await openWith(['person'])
    const heard = hear(store, ['person'])
    await store.close()
    expect(heard).toEqual([])
    expect(codeOf(() => store.onChange(['person'], () => undefined))).toBe('CLOSED')
  })

  test('what is no list of tables, or no listener, is INVALID_ARGUMENT', async ({ open }) => {
    const store = await open()
    for (const tables of [[], 'person', undefined, [''], [1]]) {
      expect(codeOf(() => store.onChange(tables as never, () => undefined))).toBe('INVALID_ARGUMENT')
    }
    expect(codeOf(() => store.onChange(['person'], undefined as never))).toBe('INVALID_ARGUMENT')
  })
}
