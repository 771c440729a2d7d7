// When writers wait for the log to be copied, and that nobody waits any more once it is, whenever that comes.
import { describe, expect, it } from 'vitest'
import { WriteLock } from '../../dist/sqlite/write-lock.js'
import { WriterBrake } from '../../dist/sqlite/writer-brake.js'
import { createManualClock } from '../support/manual-clock.ts'
import { track, turns } from '../support/outcome.ts'

const WRITER = { label: 'writer' }
const LIMIT_BYTES = 100

function create() {
  const clock = createManualClock()
  const lock = new WriteLock(clock, 5000)
  const guard = { beforeWrite: () => undefined }
  const log = { sizeBytes: LIMIT_BYTES }
  const brake = new WriterBrake({
    set: { lock, guard } as never,
    clock,
    sizeBytes: () => log.sizeBytes,
    limitBytes: LIMIT_BYTES,
  })
  return { clock, lock, log, brake }
}

describe('a brake', () => {
  it('takes the lock once the log is above the limit, and gives it back at its end', async () => {
    const { clock, lock, log, brake } = create()
    clock.advance(10)
    await turns()
    expect([brake.isHolding, lock.holder]).toEqual([false, undefined])
    log.sizeBytes++
    clock.advance(10)
    await turns()
    expect([brake.isHolding, lock.holder?.label]).toEqual([true, 'maintenance'])
    await brake.end()
    expect([brake.isHolding, lock.tryAcquire(WRITER)]).toEqual([false, true])
  })

  it('that ends while it waits for the lock leaves the queue', async () => {
    const { clock, lock, log, brake } = create()
    log.sizeBytes++
    lock.tryAcquire(WRITER)
    clock.advance(10)
    await turns()
    expect(lock.waiting).toBe(1)
    await brake.end()
    expect([lock.waiting, lock.holder]).toEqual([0, WRITER])
  })

  it('that ends in the moment in which it is given the lock does not keep it', async () => {
    const { clock, lock, log, brake } = create()
    log.sizeBytes++
    lock.tryAcquire(WRITER)
    clock.advance(10)
    await turns()
    lock.release()
    const ended = track(brake.end())
    await turns()
    expect([ended.settled, lock.tryAcquire(WRITER)]).toEqual([true, true])
  })

  it('ends as often as it is told', async () => {
    const { brake, lock } = create()
    await brake.end()
    await brake.end()
    expect(lock.tryAcquire(WRITER)).toBe(true)
  })
})
