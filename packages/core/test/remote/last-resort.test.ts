import { expect, it } from 'vitest'
import { StoreError, serializeStoreError } from '../../dist/errors/store-error.js'
import { EngineCaller } from '../../dist/remote/engine-caller.js'
import { RemoteClient } from '../../dist/remote/remote-client.js'
import { splitChannel } from '../../dist/remote/side-channel.js'
import { linkChannels } from '../support/linked-channels.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { failureOf } from '../support/outcome.ts'

const GRACE_MS = 1000

/** Another side that answers nothing. */
function askDeaf() {
  const ends = linkChannels()
  const clock = createManualClock()
  const { calls, notes } = splitChannel(ends[0])
  const end = (): void => ends[1].go('was ended')
  const caller = new EngineCaller(new RemoteClient(calls), notes, undefined, { clock, graceMs: GRACE_MS, end })
  const ask = () => {
    const controller = new AbortController()
    const failure = failureOf(() => caller.ask('execute', {}, { signal: controller.signal }))
    let isSettled = false
    void failure.then(() => {
      isSettled = true
    })
    return { failure, giveUp: () => controller.abort(), isSettled: () => isSettled }
  }
  return { caller, clock, ask, ends }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
}

it('the other side is ended when it has not stopped for its grace, counted from the last one who gave up', async () => {
  const { clock, ask } = askDeaf()
  const first = ask()
  const second = ask()
  first.giveUp()
  clock.advance(GRACE_MS - 1)
  second.giveUp()
  clock.advance(GRACE_MS - 1)
  await settle()
  expect([first.isSettled(), second.isSettled()]).toEqual([false, false])
  clock.advance(1)
  expect(await first.failure).toBeInstanceOf(StoreError)
  expect(await second.failure).toMatchObject({ code: 'CONNECTION' })
})

it('it is not ended while somebody waits who has not given up', async () => {
  const { clock, ask } = askDeaf()
  const stopped = ask()
  const patient = ask()
  stopped.giveUp()
  clock.advance(10 * GRACE_MS)
  await settle()
  expect([stopped.isSettled(), patient.isSettled()]).toEqual([false, false])
  patient.giveUp()
  clock.advance(GRACE_MS)
  expect(await patient.failure).toMatchObject({ code: 'CONNECTION' })
})

it('who closes it waits for nothing but that', async () => {
  const { caller, clock, ask } = askDeaf()
  const stopped = ask()
  const closing = failureOf(() => caller.ask('close', {}, { isClosing: true }))
  stopped.giveUp()
  clock.advance(GRACE_MS)
  expect(await closing).toMatchObject({ code: 'CONNECTION' })
})

it('what has stopped leaves no timer', async () => {
  const { clock, ask, ends } = askDeaf()
  ends[1].onMessage((message) => {
    const { kind, id } = message as { readonly kind?: string; readonly id: number }
    if (kind === 'call')
      ends[1].post({ kind: 'error', id, error: serializeStoreError(new StoreError('ABORTED', 'stopped')) })
  })
  const call = ask()
  call.giveUp()
  expect(await call.failure).toMatchObject({ code: 'ABORTED' })
  expect(clock.pendingMs).toEqual([])
})
