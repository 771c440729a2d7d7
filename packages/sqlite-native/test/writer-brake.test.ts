// A disk that is slow while much is written: the log stays below its limit, since writers wait for it.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createGate } from '../../../test/src/suite/gate.ts'
import { track, turns } from '../../core/test/support/outcome.ts'
import { storeWithThread } from './support/store-with-thread.ts'

const LIMIT_BYTES = 256 * 1024

/** A store whose log is being copied, which takes until `slowDisk` is opened, and is close to its limit. */
async function nearLimit() {
  const copying = createGate()
  const slowDisk = createGate()
  const { store, clock, until } = await storeWithThread(async (task, next) => {
    if ('mode' in task && task.mode === 'PASSIVE') {
      copying.open()
      await slowDisk.opened
    }
    return next()
  })
  const walSizeBytes = (): number => store.stats().engine.walSizeBytes ?? 0
  const write = () => sql`insert into note values (${'x'.repeat(30_000)})`.execute(store.db)
  // Above what is copied, below what makes writers wait.
  for (let row = 0; row < 5; row++) await write()
  await until(() => copying.isOpen)
  while (walSizeBytes() < (LIMIT_BYTES * 3) / 4) await write()
  return { store, clock, slowDisk, walSizeBytes, write }
}

it('close to the limit writers wait until the log is copied, and then go on', async () => {
  const { store, clock, slowDisk, walSizeBytes, write } = await nearLimit()
  clock.advance(10)
  await turns()
  const waiting = track(write())
  await turns(5)
  expect(waiting.settled).toBe(false)
  expect(store.stats().engine.writeLock?.waiting).toBe(1)
  expect(walSizeBytes()).toBeLessThan(LIMIT_BYTES)
  slowDisk.open()
  await waiting.promise
  await write()
})

it('who still waits to hold them back when the log is copied does so no more', async () => {
  const { store, clock, slowDisk, write } = await nearLimit()
  const begun = createGate()
  const enough = createGate()
  const transaction = store.transaction(async (tx) => {
    await sql`insert into note values ('one more')`.execute(tx)
    begun.open()
    await enough.opened
  })
  await begun.opened
  clock.advance(10)
  await turns()
  expect(store.stats().engine.writeLock?.waiting).toBe(1)
  slowDisk.open()
  await turns(20)
  enough.open()
  await transaction
  await write()
})
