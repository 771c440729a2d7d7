// A clock that is used from the other side of a channel: what time it is there, and when timers fire, also those that
// were set while time went on.
import { expect, it } from 'vitest'
import type { Channel } from '../../dist/remote/channel.js'
import { createRemoteClock, serveClock } from '../../dist/remote/remote-clock.js'
import { splitChannel } from '../../dist/remote/side-channel.js'
import { createManualClock } from '../support/manual-clock.ts'

/** Two ends; what is posted arrives when `deliver` is called, in its order. */
function createPipe(): { readonly near: Channel; readonly far: Channel; deliver(): void } {
  const queue: (() => void)[] = []
  const listeners: Record<'near' | 'far', (message: unknown) => void> = { near: () => undefined, far: () => undefined }
  const end = (own: 'near' | 'far', other: 'near' | 'far'): Channel => ({
    post: (message) => void queue.push(() => listeners[other](structuredClone(message))),
    onMessage: (listener) => {
      listeners[own] = listener
    },
    onGone: () => undefined,
  })
  return {
    near: end('near', 'far'),
    far: end('far', 'near'),
    deliver: () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) next()
    },
  }
}

function connect() {
  const pipe = createPipe()
  const clock = createManualClock()
  const served = serveClock(splitChannel(pipe.near).notes, clock)
  const remote = createRemoteClock(splitChannel(pipe.far).notes)
  return { pipe, clock, served, remote }
}

it('stands still until it is told', () => {
  const { pipe, clock, served, remote } = connect()
  clock.advance(250)
  expect(remote.monotonicMs()).toBe(0)
  served.tell()
  pipe.deliver()
  expect(remote.monotonicMs()).toBe(clock.monotonicMs())
  expect(remote.now()).toEqual(clock.now())
})

it('a timer fires when its time has come, with the time told before it', () => {
  const { pipe, clock, served, remote } = connect()
  served.tell()
  pipe.deliver()
  const seen: number[] = []
  remote.setTimer(() => seen.push(remote.monotonicMs()), 100)
  pipe.deliver()
  clock.advance(99)
  pipe.deliver()
  expect(seen).toEqual([])
  clock.advance(1)
  pipe.deliver()
  expect(seen).toEqual([clock.monotonicMs()])
})

it('one that was on its way while its time came fires all the same', () => {
  const { pipe, clock, served, remote } = connect()
  served.tell()
  pipe.deliver()
  let count = 0
  remote.setTimer(() => count++, 100)
  clock.advance(100)
  pipe.deliver()
  expect(count).toBe(1)
})

it('one that was cleared does not, also when its firing is on its way', () => {
  const { pipe, clock, served, remote } = connect()
  served.tell()
  pipe.deliver()
  let count = 0
  const timer = remote.setTimer(() => count++, 100)
  pipe.deliver()
  clock.advance(100)
  remote.clearTimer(timer)
  pipe.deliver()
  const other = remote.setTimer(() => count++, 100)
  remote.clearTimer(other)
  pipe.deliver()
  clock.advance(1000)
  pipe.deliver()
  expect(count).toBe(0)
})
