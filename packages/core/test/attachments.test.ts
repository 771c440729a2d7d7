// What a closing store does with what is attached to it. That close() comes here is tested by the suite.
import { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { Attachments } from '../dist/store/attachments.js'
import { track, turns } from './support/outcome.ts'

function create(): { attachments: Attachments; warnings: unknown[] } {
  const warnings: unknown[] = []
  const log = { warn: (_: string, fields: unknown) => void warnings.push(fields), error: () => undefined }
  return { attachments: new Attachments(log), warnings }
}

const never = (): AbortSignal => new AbortController().signal

describe('stop', () => {
  it('stops all of them at the same time and waits for the last', async () => {
    const { attachments } = create()
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let stopCount = 0
    for (const { promise } of gates) {
      attachments.add({
        stop: () => {
          stopCount++
          return promise
        },
      })
    }
    const stopping = track(attachments.stop(never()))
    expect(stopCount).toBe(2)
    gates[0]?.resolve()
    await turns()
    expect(stopping.settled).toBe(false)
    gates[1]?.resolve()
    expect(await stopping.promise).toBe(0)
  })

  it('one that throws or rejects is counted and logged by its code; the others are stopped', async () => {
    const { attachments, warnings } = create()
    let isStopped = false
    attachments.add({
      stop: () => {
        throw new Error('secret')
      },
    })
    attachments.add({ stop: () => Promise.reject(new StoreError('BUSY', 'in the way')) })
    attachments.add({
      stop: async () => {
        isStopped = true
      },
    })
    expect(await attachments.stop(never())).toBe(2)
    expect([isStopped, warnings]).toEqual([true, [{ code: 'UNKNOWN' }, { code: 'BUSY' }]])
  })

  it('hands on the hurry, and past it leaves behind what has not stopped', async () => {
    const { attachments, warnings } = create()
    const hurry = new AbortController()
    let seen: AbortSignal | undefined
    attachments.add({
      stop: ({ signal }) => {
        seen = signal
        return new Promise(() => undefined)
      },
    })
    attachments.add({
      stop: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    })
    attachments.add({ stop: async () => undefined })
    const stopping = attachments.stop(hurry.signal)
    await turns()
    hurry.abort()
    expect(await stopping).toBe(2)
    expect([seen?.aborted, warnings]).toEqual([true, []])
  })

  it('however much of a hurry it is, what can stop at once has stopped', async () => {
    const { attachments } = create()
    attachments.add({ stop: async () => undefined })
    expect(await attachments.stop(AbortSignal.abort())).toBe(0)
  })
})

describe('add', () => {
  it('answers what takes it off again, once for each time it was added', async () => {
    const { attachments } = create()
    let stopCount = 0
    const attachment = { stop: async () => void stopCount++ }
    const detach = attachments.add(attachment)
    attachments.add(attachment)
    detach()
    detach()
    expect([await attachments.stop(never()), stopCount]).toEqual([0, 1])
  })

  it('without any, there is nothing to wait for', async () => {
    const { attachments } = create()
    attachments.add({ stop: () => new Promise(() => undefined) })()
    expect(await attachments.stop(never())).toBe(0)
  })
})
