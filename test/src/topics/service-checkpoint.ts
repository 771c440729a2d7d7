/** The checkpoint loop of a maintenance service on a real store. Not: its waits, which a unit test has. */
import { createMaintenanceService } from '@upkeep/core'
import { createManualClock } from '../suite/manual-clock.ts'
import type { Topic } from '../suite/suite.ts'
import { withLogSize } from '../suite/with-log-size.ts'

const logger = { warn: () => undefined, error: () => undefined }

export const serviceCheckpoint: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  if (!capabilities.writeAheadLog) {
    test('a checkpoint loop, asked for, is UNSUPPORTED', async ({ open }) => {
      const store = await open()
      const make = async (): Promise<unknown> => createMaintenanceService({ store, logger, checkpoint: {} })
      await expectCode(make(), 'UNSUPPORTED')
      expect(createMaintenanceService({ store, logger }).stats().checkpoint).toBe(undefined)
    })
  } else {
    test('the checkpoint loop empties a log that has become too large', async (t) => {
      const store = await t.openWith(['counter'])
      const clock = createManualClock()
      let walSizeBytes = 1000
      const maintainer = createMaintenanceService({
        store: withLogSize(store, () => walSizeBytes),
        clock,
        logger,
        checkpoint: { intervalMs: 50, walSizeBytes: 1000 },
      })
      const look = async (): Promise<void> => {
        await clock.timerSet(50)
        clock.advance(50)
      }
      maintainer.start()
      await look()
      await clock.timerSet(50)
      const hasLog = async (): Promise<boolean> => ((await t.database.walSizeBytes?.()) ?? 0) > 0
      expect(await hasLog()).toBe(true)
      walSizeBytes = 1001
      await look()
      await clock.timerSet(50)
      expect(await hasLog()).toBe(false)
      expect(maintainer.stats().checkpoint).toMatchObject({ lookCount: 2, runCount: { ok: 1 } })
      expect(maintainer.stats().runCount.ok).toBe(0)
      await maintainer.stop()
      expect(clock.pendingCount).toBe(0)
    })
  }
}
