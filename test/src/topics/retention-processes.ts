/** Retention in several processes: what one that is killed has deleted and not told, another one tells. */
import { retention } from '@upkeep/core'
import { createEvents, type EventSchema, fillEvents, keysOf, taskOf } from '../suite/event-table.ts'
import { turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

const COUNT = 100
const BATCH = 10

export const retentionProcesses: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness
  if (!capabilities.multiProcess || !capabilities.persistent) return

  const byAge = (onDeleted: (ids: readonly number[]) => void) =>
    retention<EventSchema>().deleteOlderThan({
      table: 'event',
      column: 'at',
      maxAge: { days: 1 },
      batchSize: BATCH,
      onDeleted,
    })

  for (const tellBefore of [0, 1, 5]) {
    test(`a process that is killed in onDeleted, ${tellBefore} batches told before`, async ({ client, open }) => {
      const store = await open<EventSchema>()
      await createEvents(store.db)
      await fillEvents(
        store.db,
        Array.from({ length: COUNT }, () => 40_000),
      )
      const other = await client()
      const { told, telling } = await other.call('holdRetention', { batchSize: BATCH, tellBefore })
      await other.kill()
      // A batch that takes long is a smaller one.
      expect([told.length > 0, telling.length > 0, telling.length <= BATCH]).toEqual([tellBefore > 0, true, true])
      expect((await keysOf(store.db)).length).toBe(COUNT - told.length - telling.length)

      const calls: number[][] = []
      const task = byAge((ids) => void calls.push([...ids]))
      // What the dead one had is free at once in a file; on a server when the server, or the time of a lease, says so.
      const isServer = capabilities.singleMaintainer === 'server'
      const run = () => store.maintenance({ mode: 'light', tasks: [task] })
      let ended = await run()
      for (; isServer && ended.outcome === 'skipped'; ended = await run()) await turns(1)
      const report = taskOf(ended)
      expect(report).toMatchObject({ status: 'done', counters: { redeliveredRowCount: telling.length } })
      expect(calls[0]).toEqual([...telling])
      const all = [...told, ...calls.flat()].sort((a, b) => a - b)
      expect(all).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1))
    })
  }

  test('while another process is at it, a run is skipped and tells nothing', async ({ client, open }) => {
    const store = await open<EventSchema>()
    await createEvents(store.db)
    await fillEvents(
      store.db,
      Array.from({ length: COUNT }, () => 40_000),
    )
    const other = await client()
    await other.call('holdRetention', { batchSize: BATCH, tellBefore: 1 })
    let calls = 0
    const report = await store.maintenance({ mode: 'light', tasks: [byAge(() => void calls++)] })
    expect([report.outcome, calls]).toEqual(['skipped', 0])
    // The application goes on writing beside it.
    await store.db.insertInto('event').values({ id: 1000, at: null, kind: null, size: null }).execute()
    await other.call('release')
    expect(await keysOf(store.db)).toEqual([1000])
  })
}
