/** Full VACUUM: what it gives back, and its ways out. */
import { turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import { claimedSizeBytes, fillSample, step } from './sample-file.ts'

export const vacuum: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness
  if (!capabilities.persistent || !capabilities.multiProcess) return

  if (capabilities.vacuum !== false) {
    test('a full VACUUM gives back what is free, and the report says what the file system says', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 300)
      await store.maintenance({ steps: ['checkpoint'], mode: 'full' })
      const before = (await t.database.fileSizeBytes?.()) ?? 0
      const report = await store.maintenance({ mode: 'full', steps: ['vacuum', 'finalCheckpoint'] })
      const after = (await t.database.fileSizeBytes?.()) ?? 0
      expect([report.outcome, step(report, 'vacuum')?.status]).toEqual(['ok', 'done'])
      expect(after < before / 2).toBe(true)
      expect(claimedSizeBytes(report)).toBe(after)
      expect((await store.db.selectFrom('sample').select('id').execute()).length).toBe(100)
      expect(await t.probe('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
    })

    test('an abort of a full VACUUM stops it: sound file, free lock, small log', async (t) => {
      const store = await t.openWith(['sample'])
      await fillSample(store, 100)
      const controller = new AbortController()
      const running = store.maintenance({
        mode: 'full',
        steps: ['vacuum'],
        signal: controller.signal,
        onBegin: () => {
          setTimeout(() => controller.abort(new Error('enough')), 0)
        },
      })
      const error = await expectCode(running, 'ABORTED')
      expect(step(error.report, 'vacuum')?.status).toBe('aborted')
      await t.probe('update sample set label = 1 where id = 200')
      await store.db.insertInto('sample').values({ id: 1000 }).execute()
      expect(await t.probe('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
      if (t.database.walSizeBytes !== undefined) expect((await t.database.walSizeBytes()) <= 4 * 1024 * 1024).toBe(true)
    })

    test('a full VACUUM gives way to a writer, and the report says so', async (t) => {
      const store = await t.openWith(['sample', 'counter'])
      await fillSample(store, 100)
      let ended = false
      const maintaining = store.maintenance({ mode: 'full', steps: ['vacuum'], maxWriteWaitMs: 0 }).finally(() => {
        ended = true
      })
      let writeCount = 0
      while (!ended) {
        await store.db.updateTable('counter').set({ value: ++writeCount }).execute()
        await turns(1)
      }
      const report = await maintaining
      expect(step(report, 'vacuum')?.status).toBe('blocked')
      expect((step(report, 'vacuum')?.reason ?? '').length > 0).toBe(true)
      expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: writeCount }])
    })
  }
}
