/** `backup()` that is stopped: by a signal, a deadline, `close()`. Nothing is left then. */
import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import { folderOf } from './backup.ts'

export const backupStops: Topic = ({ harness, expect, expectCode, test }) => {
  if (harness.capabilities.backup === false) {
    test('it is UNSUPPORTED before it is ABORTED, and after close() CLOSED', async ({ open }) => {
      const store = await open()
      await expectCode(store.backup('copy.db', { signal: AbortSignal.abort() }), 'UNSUPPORTED')
      await store.close()
      await expectCode(store.backup('copy.db'), 'CLOSED')
    })
    return
  }

  test('an abort is ABORTED with its reason, before and amid, and nothing is left', async ({ database, openWith }) => {
    const { path, names } = folderOf(database)
    const store = await openWith(['person'])
    await fillPeople(store.db, 1000)
    const reason = new Error('enough')
    const before = AbortSignal.abort(reason)
    expect((await expectCode(store.backup(path('copy.db'), { signal: before }), 'ABORTED')).cause).toBe(reason)
    const controller = new AbortController()
    const onProgress = (): void => controller.abort(reason)
    const running = store.backup(path('copy.db'), { signal: controller.signal, onProgress })
    expect((await expectCode(running, 'ABORTED')).cause).toBe(reason)
    expect(await names()).toEqual([])
    await store.backup(path('copy.db'))
    expect(await names()).toEqual(['copy.db'])
  })

  test('past its timeoutMs it is TIMEOUT, and nothing is left', async (t) => {
    const { path, names } = folderOf(t.database)
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const running = store.backup(path('copy.db'), { timeoutMs: 50, onProgress: () => clock.advance(50) })
    await expectCode(running, 'TIMEOUT')
    expect(await names()).toEqual([])
  })

  test('close() lets one that is under way come to its end', async ({ database, openWith }) => {
    const { path, names } = folderOf(database)
    const store = await openWith(['counter'])
    const begun = createGate()
    const running = store.backup(path('copy.db'), { onProgress: begun.open })
    await begun.opened
    expect((await store.close()).abandoned).toBe(0)
    await running
    expect(await names()).toEqual(['copy.db'])
    await expectCode(store.backup(path('more.db')), 'CLOSED')
  })

  test('close() ends with CLOSED one that outlasts the drain, and nothing is left', async ({ database, openWith }) => {
    const { path, names } = folderOf(database)
    const store = await openWith(['person'])
    await fillPeople(store.db, 1000)
    const held = createGate()
    // A database with one connection is copied at one go; there it is this that it waits for.
    const writing = createGate()
    const holding = rejectionOf(
      store.transaction(async (tx) => {
        await tx.deleteFrom('person').where('id', '=', 1).execute()
        writing.open()
        await held.opened
      }),
    )
    await writing.opened
    let closing: Promise<unknown> | undefined
    const running = store.backup(path('copy.db'), { onProgress: () => (closing ??= store.close({ drainMs: 0 })) })
    await expectCode(running, 'CLOSED')
    held.open()
    expect(await holding).toMatchObject({ code: 'CLOSED' })
    expect(await closing).toMatchObject({ abandoned: 2, clean: false })
    expect(await names()).toEqual([])
  })
}
