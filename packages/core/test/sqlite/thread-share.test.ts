// One thread for several users, and checkpoints on commit that several may want off.
import { describe, expect, it } from 'vitest'
import { Autocheckpoint } from '../../dist/sqlite/autocheckpoint.js'
import { ThreadShare } from '../../dist/sqlite/thread-share.js'

describe('ThreadShare', () => {
  const create = () => {
    const events: string[] = []
    const share = new ThreadShare(() => {
      events.push('opened')
      return {
        isWarm: true,
        warmUp: () => undefined,
        run: async () => [],
        close: async () => void events.push('closed'),
      }
    })
    return { share, events }
  }

  it('is opened by the first, kept for the next, ended by the last; a second close counts for nothing', async () => {
    const { share, events } = create()
    const [first, second] = [share.open(), share.open()]
    expect(events).toEqual(['opened'])
    await first.close()
    await first.close()
    expect(events).toEqual(['opened'])
    await second.close()
    expect(events).toEqual(['opened', 'closed'])
    await share.open().close()
    expect(events).toEqual(['opened', 'closed', 'opened', 'closed'])
  })
})

describe('Autocheckpoint', () => {
  it('is off as long as one wants it off', () => {
    const applied: number[] = []
    const autocheckpoint = new Autocheckpoint((pages) => void applied.push(pages))
    expect(autocheckpoint.pages).toBe(1000)
    autocheckpoint.suspend()
    autocheckpoint.suspend()
    autocheckpoint.resume()
    expect([applied, autocheckpoint.pages]).toEqual([[0], 0])
    autocheckpoint.resume()
    expect([applied, autocheckpoint.pages]).toEqual([[0, 1000], 1000])
  })

  it('what could not be switched off is on', () => {
    const autocheckpoint = new Autocheckpoint(() => {
      throw new Error('busy')
    })
    expect(() => autocheckpoint.suspend()).toThrow('busy')
    expect(autocheckpoint.pages).toBe(1000)
  })
})
