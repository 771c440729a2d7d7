import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { StopWord } from '../../dist/remote/stop-word.js'

describe('the stop word', () => {
  it('lets nobody stop what is not armed, or another call', () => {
    const word = new StopWord()
    let stops = 0
    const stop = (): void => void stops++
    expect(word.whileArmed(7, stop)).toBe(false)
    word.arm(7)
    expect([word.running, word.whileArmed(8, stop), word.whileArmed(7, stop), word.whileArmed(7, stop)]).toEqual([
      7,
      false,
      true,
      true,
    ])
    expect(word.disarm(7)).toBe(true)
    expect([word.running, word.whileArmed(7, stop), stops]).toEqual([0, false, 2])
  })

  it('says of each call whether that one was stopped', () => {
    const word = new StopWord()
    word.arm(1)
    word.whileArmed(1, () => undefined)
    expect(word.disarm(1)).toBe(true)
    word.arm(2)
    expect(word.disarm(2)).toBe(false)
  })

  it('stays armed when stopping throws', () => {
    const word = new StopWord()
    word.arm(1)
    expect(() =>
      word.whileArmed(1, () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([word.running, word.disarm(1)]).toEqual([1, true])
  })

  it('is not disarmed while its call is being stopped', { timeout: 20_000 }, async () => {
    const word = new StopWord()
    const state = new Int32Array(new SharedArrayBuffer(4))
    const source = `
      const { workerData: { path, buffer, state } } = require('node:worker_threads')
      import(path).then(({ StopWord }) => {
        const word = new StopWord(buffer)
        word.arm(5)
        Atomics.store(state, 0, 1); Atomics.notify(state, 0)
        Atomics.wait(state, 0, 1)
        word.disarm(5)
        Atomics.store(state, 0, 3); Atomics.notify(state, 0)
      })`
    const path = new URL('../../dist/remote/stop-word.js', import.meta.url).href
    const thread = new Worker(source, { eval: true, workerData: { path, buffer: word.buffer, state } })
    Atomics.wait(state, 0, 0)
    word.whileArmed(5, () => {
      Atomics.store(state, 0, 2)
      Atomics.notify(state, 0)
      // The other thread has been woken and disarms: as long as this goes on it must not come to its end.
      expect(Atomics.wait(state, 0, 2, 200)).toBe('timed-out')
    })
    Atomics.wait(state, 0, 2, 10_000)
    expect([Atomics.load(state, 0), word.running]).toEqual([3, 0])
    await once(thread, 'exit')
  })
})
