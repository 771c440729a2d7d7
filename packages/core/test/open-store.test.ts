// openStore: which backend it chooses, what it hands to it, and that nothing is opened when something is wrong. Whether
// an unused backend's driver stays unloaded is tested with the real one, in sqlite-native.
import { type Backend, type OpenRequest, openStore, StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from './support/outcome.ts'

class Opened extends Error {}

/** Notes what it is asked to open, and opens nothing. */
function fakeBackend(...schemes: string[]): Backend & { readonly requests: OpenRequest[] } {
  const requests: OpenRequest[] = []
  return {
    name: schemes.join(),
    schemes,
    requests,
    open: (request) => {
      requests.push(request)
      return Promise.reject(new StoreError('UNSUPPORTED', 'a fake', { cause: new Opened() }))
    },
  }
}

describe('the choice of the backend', () => {
  it('follows the scheme, whatever its case, and the first that takes it', async () => {
    const [a, b, c] = [fakeBackend('sqlite'), fakeBackend('opfs', 'idb'), fakeBackend('opfs')]
    const error = await failureOf(() => openStore('OPFS:app?x=1', { backends: [a, b, c] }))
    expect(error.cause).toBeInstanceOf(Opened)
    expect([a.requests.length, b.requests.length, c.requests.length]).toEqual([0, 1, 0])
    expect(b.requests[0]?.url.path).toBe('app')
    expect([...(b.requests[0]?.url.options ?? [])]).toEqual([['x', '1']])
  })

  it('hands on clock, logger and signal', async () => {
    const backend = fakeBackend('sqlite')
    const { signal } = new AbortController()
    const lines: unknown[] = []
    const logger = { warn: (...line: unknown[]) => void lines.push(line), error: () => undefined }
    await codeOf(() => openStore('sqlite:a.db', { backends: [backend], logger, signal }))
    backend.requests[0]?.log.warn('told', { n: 1 })
    expect(lines).toEqual([['told', { n: 1 }]])
    expect(backend.requests[0]?.signal).toBe(signal)
    expect(typeof backend.requests[0]?.clock.monotonicMs()).toBe('number')
  })

  it('an unknown scheme names the schemes that there are', async () => {
    const backend = fakeBackend('sqlite', 'opfs')
    const error = await failureOf(() => openStore('mysql:app', { backends: [backend] }))
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toMatch(/sqlite:.*opfs:/)
    expect(backend.requests).toEqual([])
  })

  it('an unknown scheme does not tell the credentials of its URL', async () => {
    const { message, stack } = await failureOf(() =>
      openStore('postgres://user:hunter2@host/d', { backends: [fakeBackend('sqlite')] }),
    )
    expect(`${message} ${stack}`).not.toContain('hunter2')
  })

  it.each([
    ['none', []],
    ['not a list', fakeBackend('sqlite')],
    ['nothing', undefined],
  ])('backends: %s', async (_what, backends) => {
    expect(await codeOf(() => openStore('sqlite:a.db', { backends: backends as never }))).toBe('INVALID_ARGUMENT')
  })
})

describe('refused before anything is opened', () => {
  const refusals: readonly (readonly [string, object])[] = [
    ['an unknown option', { plugin: [] }],
    ['an option in the wrong case', { Log: ['query'] }],
    ['an option of a backend', { readOnly: true }],
    ['plugins that are no list', { plugins: {} }],
    ['a logger without warn', { logger: { error: () => undefined } }],
    ['a log that is neither levels nor a function', { log: 5 }],
    ['a log level that does not exist', { log: ['queries'] }],
    ['an unknown option of close', { close: { drainMS: 5 } }],
    ['a bad option of close', { close: { drainMs: -1 } }],
    ['a clock that is none', { clock: {} }],
    ['a signal that is none', { signal: {} }],
    ['migrations without a provider', { migrations: {} }],
    ['an unknown option of migrations', { migrations: { provider: { getMigrations: async () => ({}) }, table: 'x' } }],
    ['an onOpen that is no function', { onOpen: true }],
  ]
  it.each(refusals)('%s', async (_what, options) => {
    const backend = fakeBackend('sqlite')
    expect(await codeOf(() => openStore('sqlite:a.db', { backends: [backend], ...options }))).toBe('INVALID_ARGUMENT')
    expect(backend.requests).toEqual([])
  })

  it('no options at all', async () => {
    expect(await codeOf(() => openStore('sqlite:a.db', undefined as never))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(() => openStore('sqlite:a.db', null as never))).toBe('INVALID_ARGUMENT')
  })

  it('a signal that is aborted already', async () => {
    const backend = fakeBackend('sqlite')
    const reason = new Error('never mind')
    const error = await failureOf(() =>
      openStore('sqlite:a.db', { backends: [backend], signal: AbortSignal.abort(reason) }),
    )
    expect(error.code).toBe('ABORTED')
    expect(error.cause).toBe(reason)
    expect(backend.requests).toEqual([])
  })

  it('options that are undefined are options not given', async () => {
    const backend = fakeBackend('sqlite')
    const options = { backends: [backend], plugins: undefined, log: undefined, logger: undefined, close: undefined }
    await codeOf(() => openStore('sqlite:a.db', { ...options, clock: undefined, signal: undefined }))
    expect(backend.requests).toHaveLength(1)
  })
})
