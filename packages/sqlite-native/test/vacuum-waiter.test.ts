// A full VACUUM and the writers that wait for it, by a clock that stands still: who makes it give way, and who does not.
// How fast it stops is measured by the bench; that the database stays whole is the suite's.
import type { MaintenanceProgress, MaintenanceReport } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../core/test/support/manual-clock.ts'
import { codeOf, turns } from '../../core/test/support/outcome.ts'
import { createBlobDatabase } from './support/blob-database.ts'
import { tempFolder } from './support/temp-folder.ts'

async function create(busyTimeoutMs = 60_000) {
  const clock = createManualClock()
  const path = await createBlobDatabase(tempFolder().path('app.db'), 8_000)
  const store = await openSqliteStore({ path, clock, durability: 'normal', busyTimeoutMs })
  return { clock, store, write: (signal?: AbortSignal) => sql`insert into t values (1)`.execute(store.db, { signal }) }
}

/** Runs maintenance, calls `during` while the VACUUM holds the write lock, and answers how the step ended. */
async function vacuum(
  { store }: Awaited<ReturnType<typeof create>>,
  options: { readonly maxWriteWaitMs?: number | false },
  during: () => Promise<void>,
): Promise<MaintenanceReport['steps'][number]> {
  let begun: Promise<void> | undefined
  const onProgress = ({ step }: MaintenanceProgress): void => {
    if (step === 'vacuum') begun ??= during()
  }
  const report = await store.maintenance({ steps: ['vacuum'], onProgress, ...options })
  await begun
  expect(begun).toBeDefined()
  return report.steps[0] as MaintenanceReport['steps'][number]
}

describe('a full VACUUM', () => {
  it('gives way to a writer that has waited for maxWriteWaitMs, and says so', async () => {
    const setup = await create()
    let written: Promise<unknown> | undefined
    const step = await vacuum(setup, { maxWriteWaitMs: 250 }, async () => {
      written = setup.write()
      await turns()
      setup.clock.advance(250)
    })
    expect(step.status).toBe('blocked')
    expect(step.reason).toContain('250')
    await written
    await setup.store.close({ maintenanceOnClose: false })
  })

  it('does not for one that has waited for less', async () => {
    const setup = await create()
    let written: Promise<unknown> | undefined
    const step = await vacuum(setup, { maxWriteWaitMs: 250 }, async () => {
      written = setup.write()
      await turns()
      setup.clock.advance(249)
    })
    expect(step.status).toBe('done')
    await written
    await setup.store.close({ maintenanceOnClose: false })
  })

  it('does not for one that has given up meanwhile', async () => {
    const setup = await create()
    const step = await vacuum(setup, { maxWriteWaitMs: 250 }, async () => {
      const controller = new AbortController()
      const writing = setup.write(controller.signal)
      await turns()
      controller.abort()
      expect(await codeOf(() => writing)).toBe('ABORTED')
      setup.clock.advance(250)
    })
    expect(step.status).toBe('done')
    await setup.store.close({ maintenanceOnClose: false })
  })

  it('counts from the one who still waits, when the first has given up', async () => {
    const setup = await create()
    let written: Promise<unknown> | undefined
    const step = await vacuum(setup, { maxWriteWaitMs: 250 }, async () => {
      const controller = new AbortController()
      const first = setup.write(controller.signal)
      await turns()
      setup.clock.advance(200)
      written = setup.write()
      controller.abort()
      expect(await codeOf(() => first)).toBe('ABORTED')
      setup.clock.advance(249)
    })
    expect(step.status).toBe('done')
    await written
    await setup.store.close({ maintenanceOnClose: false })
  })

  it('does not at all with false: the writer waits, however long, and not in vain', async () => {
    const setup = await create(1000)
    let written: Promise<unknown> | undefined
    const step = await vacuum(setup, { maxWriteWaitMs: false }, async () => {
      written = setup.write()
      await turns()
      // Beyond its own busy timeout: time behind our own maintenance does not count.
      setup.clock.advance(100_000)
    })
    expect(step.status).toBe('done')
    await written
    await setup.store.close({ maintenanceOnClose: false })
  })
})
