import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isStoreError, StoreError } from '../../dist/errors/store-error.js'
import { BATCHES_AHEAD } from '../../dist/remote/messages.js'
import { type RemoteCallOptions, RemoteClient } from '../../dist/remote/remote-client.js'
import { type RemoteHandlers, serveRemote } from '../../dist/remote/remote-host.js'
import { linkChannels } from '../support/linked-channels.ts'
import { failureOf } from '../support/outcome.ts'

const GONE: RemoteCallOptions = { gone: (how) => new StoreError('CONNECTION', `the other side ${how}`) }

function connect(handlers: RemoteHandlers): { client: RemoteClient; ends: ReturnType<typeof linkChannels> } {
  const ends = linkChannels()
  serveRemote(ends[1], handlers, (error) =>
    isStoreError(error) ? error : new StoreError('UNKNOWN', 'failed', { cause: error }),
  )
  return { client: new RemoteClient(ends[0]), ends }
}

async function turnLoop(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

describe('a call', () => {
  it('is answered with what its handler gives, each its own', async () => {
    const { client } = connect({ double: (value: number) => value * 2, later: async () => 5n })
    const calls = [1, 2, 3].map((value) => client.call('double', value, GONE).answer)
    expect(await Promise.all([...calls, client.call('later', undefined, GONE).answer])).toEqual([2, 4, 6, 5n])
  })

  it('keeps the process alive until the last one is answered', async () => {
    const { client, ends } = connect({ echo: (value: unknown) => value })
    const calls = [client.call('echo', 1, GONE), client.call('echo', 2, GONE)]
    expect(ends[0].isAwaited).toBe(true)
    await Promise.all(calls.map(({ answer }) => answer))
    expect(ends[0].isAwaited).toBe(false)
  })

  it('rejects with the error of its handler: code, native code and kind', async () => {
    const { client } = connect({
      refuse: () => {
        throw new StoreError('CONSTRAINT', 'no', {
          operation: 'query',
          nativeCode: 'SQLITE_CONSTRAINT_UNIQUE',
          kind: 'unique',
        })
      },
    })
    const error = await failureOf(() => client.call('refuse', undefined, GONE).answer)
    expect(error).toMatchObject({ code: 'CONSTRAINT', nativeCode: 'SQLITE_CONSTRAINT_UNIQUE', kind: 'unique' })
  })

  it('for what there is not, and with an answer that cannot be copied, is an error and not silence', async () => {
    const { client } = connect({ function: () => () => undefined })
    expect(await failureOf(() => client.call('nothing', 1, GONE).answer)).toMatchObject({ code: 'UNKNOWN' })
    expect(await failureOf(() => client.call('function', 1, GONE).answer)).toMatchObject({ code: 'UNKNOWN' })
  })

  it('is told when the other side goes, and so is every later one', async () => {
    const { client, ends } = connect({ never: () => new Promise(() => undefined) })
    const call = client.call('never', undefined, GONE)
    ends[1].go('ended with 1')
    expect(await failureOf(() => call.answer)).toMatchObject({ code: 'CONNECTION' })
    expect(await failureOf(() => client.call('never', undefined, GONE).answer)).toMatchObject({ code: 'CONNECTION' })
    expect([client.gone, ends[0].isAwaited]).toEqual(['ended with 1', false])
  })
})

describe('batches', () => {
  const endless: RemoteHandlers = {
    count: async (_: unknown, call) => {
      let sent = 0
      while (await call.send(sent)) sent++
      return sent
    },
  }

  it('come as far ahead as was agreed, and one more for each that was taken', async () => {
    const { client } = connect(endless)
    const batches: number[] = []
    const call = client.call<number>('count', undefined, { ...GONE, onBatch: (batch: number) => batches.push(batch) })
    await turnLoop()
    expect(batches.length).toBe(BATCHES_AHEAD)
    call.more()
    await turnLoop()
    expect(batches).toEqual(Array.from({ length: BATCHES_AHEAD + 1 }, (_, index) => index))
    call.cancel()
    expect(await call.answer).toBe(BATCHES_AHEAD + 1)
  })

  it('are asked for after the turn of the loop in which one came', async () => {
    const { client } = connect(endless)
    let turn = 0
    const turnsOfBatches: number[] = []
    const call = client.call<number>('count', undefined, {
      ...GONE,
      onBatch: () => {
        turnsOfBatches.push(turn)
        call.more()
      },
    })
    for (; turn < 10; turn++) await setImmediate()
    call.cancel()
    await call.answer
    for (let at = 0; at < 10; at++) {
      expect(turnsOfBatches.filter((one) => one === at).length).toBeLessThanOrEqual(BATCHES_AHEAD)
    }
  })

  it('end for a host whose client has gone', async () => {
    let ended = false
    const { client, ends } = connect({
      count: async (_: unknown, call) => {
        while (await call.send(0));
        ended = true
      },
    })
    client.call('count', undefined, GONE).answer.catch(() => undefined)
    await turnLoop()
    ends[0].go('closed')
    await turnLoop()
    expect(ended).toBe(true)
  })
})
