import { expect, it } from 'vitest'
import { abortError } from '../../dist/abort/abort-error.js'
import type { Engine } from '../../dist/contract/backend.js'
import { StoreError, serializeStoreError } from '../../dist/errors/store-error.js'
import { serveEngine } from '../../dist/remote/engine-host.js'
import { type RemoteCallOptions, RemoteClient } from '../../dist/remote/remote-client.js'
import { splitChannel } from '../../dist/remote/side-channel.js'
import { linkChannels } from '../support/linked-channels.ts'
import { failureOf } from '../support/outcome.ts'

const GONE: RemoteCallOptions = { gone: (how) => new StoreError('CONNECTION', `the other side ${how}`) }

/** Holds the thread for as long as the statement says, in milliseconds. */
function engineThatHolds(ran: string[]): Engine {
  const execute: Engine['execute'] = ({ sql }) => {
    ran.push(sql)
    for (const untilMs = performance.now() + Number.parseFloat(sql); performance.now() < untilMs; );
    return { rows: [] }
  }
  return { execute, stats: () => ({ executors: {} }), capabilities: {}, name: '', location: '' } as unknown as Engine
}

it('a statement that was aborted while another one held the thread does not begin, and order stays', async () => {
  const ends = linkChannels()
  const ran: string[] = []
  serveEngine(ends[1], async () => engineThatHolds(ran))
  const { calls, notes } = splitChannel(ends[0])
  const client = new RemoteClient(calls)
  await client.call('open', { hasClock: false, options: {} }, GONE).answer
  const run = (sql: string) => client.call('executeAlone', { query: { sql, parameters: [] } }, GONE)
  const abort = (id: number): void =>
    notes.send('abort', { id, reason: serializeStoreError(abortError(AbortSignal.abort(), 'query')) })

  const first = run('20 first')
  const second = run('0 second')
  abort(second.id)
  const third = run('0 third')
  await first.answer
  expect(await failureOf(() => second.answer)).toMatchObject({ code: 'ABORTED' })
  await third.answer
  expect(ran).toEqual(['20 first', '0 third'])
})
