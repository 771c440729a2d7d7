/** Space given back bit by bit and told only when it is, and checkpoints judged by their row. */
import type { Topic } from '../suite/suite.ts'
import { claimedSizeBytes, fillSample, ROW_COUNT, ROW_SIZE_BYTES, step } from './sample-file.ts'

export const reclaim: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness
  if (!capabilities.persistent || !capabilities.multiProcess) return

  if (capabilities.incrementalReclaim) {
    test('reclaim shrinks the file, and the report says what the file system says', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 300)
      await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      const before = (await t.database.fileSizeBytes?.()) ?? 0
      const report = await store.maintenance({ mode: 'full', steps: ['reclaim', 'finalCheckpoint'] })
      const after = (await t.database.fileSizeBytes?.()) ?? 0
      expect(report.outcome).toBe('ok')
      expect(step(report, 'reclaim')?.status).toBe('done')
      expect(after < before - 300 * ROW_SIZE_BYTES * 0.9).toBe(true)
      expect(claimedSizeBytes(report)).toBe(after)
      expect((await store.db.selectFrom('sample').select('id').execute()).length).toBe(100)
      expect(await t.probe('pragma freelist_count')).toEqual([{ freelist_count: 0 }])
    })

    test('reclaim alone tells the size that the file has when the run is over', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 300)
      const report = await store.maintenance({ mode: 'full', steps: ['reclaim'] })
      expect(step(report, 'reclaim')?.status).toBe('done')
      expect(claimedSizeBytes(report)).toBe(await t.database.fileSizeBytes?.())
      expect(((await t.database.fileSizeBytes?.()) ?? 0) < 150 * ROW_SIZE_BYTES).toBe(true)
    })

    test('while a reader elsewhere keeps the old state, no step claims space that the file still takes', async (t) => {
      const store = await t.openWith(['sample', 'counter'])
      await fillSample(store, 300)
      await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      const other = await t.client()
      await other.call('hold', { access: 'read' })
      const report = await store.maintenance({ mode: 'full', steps: ['reclaim', 'finalCheckpoint'] })
      const size = (await t.database.fileSizeBytes?.()) ?? 0
      expect(report.outcome).toBe('partial')
      expect(step(report, 'finalCheckpoint')?.status).toBe('blocked')
      for (const { after } of report.steps) {
        if (after?.fileSizeBytes !== undefined) expect(after.fileSizeBytes).toBe(size)
      }
      await other.call('release')
      const again = await store.maintenance({ mode: 'full', steps: ['finalCheckpoint'] })
      expect(again.outcome).toBe('ok')
      expect(claimedSizeBytes(again)).toBe(await t.database.fileSizeBytes?.())
      expect(((await t.database.fileSizeBytes?.()) ?? size) < size).toBe(true)
    })

    test('an abort in the middle of reclaim keeps what was done, and the log stays small', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 400)
      const controller = new AbortController()
      const running = store.maintenance({
        mode: 'full',
        steps: ['reclaim'],
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (done > 0) controller.abort(new Error('enough'))
        },
      })
      const error = await expectCode(running, 'ABORTED')
      expect(step(error.report, 'reclaim')?.status).toBe('aborted')
      expect(await t.probe('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
      if (t.database.walSizeBytes !== undefined) expect((await t.database.walSizeBytes()) <= 4 * 1024 * 1024).toBe(true)
      await store.db.insertInto('sample').values({ id: 1000 }).execute()
    })
  }

  if (capabilities.writeAheadLog) {
    test('a checkpoint is done: the log is empty and the file has everything', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 0)
      const report = await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      expect([report.outcome, step(report, 'checkpoint')?.status]).toEqual(['ok', 'done'])
      expect(await t.database.walSizeBytes?.()).toBe(0)
      expect(((await t.database.fileSizeBytes?.()) ?? 0) > ROW_COUNT * ROW_SIZE_BYTES).toBe(true)
    })

    test('a checkpoint behind a stream of the store itself is blocked too, and done when that has ended', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 0)
      const rows = store.db.selectFrom('sample').select('id').stream(1)
      await rows.next()
      await store.db.insertInto('sample').values({ id: 1000 }).execute()
      const blocked = await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      expect(step(blocked, 'checkpoint')?.status).toBe('blocked')
      await rows.return?.()
      const done = await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      expect(step(done, 'checkpoint')?.status).toBe('done')
      expect(await t.database.walSizeBytes?.()).toBe(0)
    })

    test('a checkpoint behind a reader of another process is blocked, and done when it has gone', async (t) => {
      const store = await t.openWith(['counter', 'sample'])
      const other = await t.client()
      await other.call('hold', { access: 'read' })
      await fillSample(store, 0)
      const blocked = await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      expect(step(blocked, 'checkpoint')?.status).toBe('blocked')
      expect((step(blocked, 'checkpoint')?.reason ?? '').length > 0).toBe(true)
      expect(blocked.outcome === 'ok').toBe(false)
      await other.call('release')
      const done = await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      expect([done.outcome, step(done, 'checkpoint')?.status]).toEqual(['ok', 'done'])
      expect(await t.database.walSizeBytes?.()).toBe(0)
    })
  }
}
