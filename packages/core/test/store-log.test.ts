// Any logger becomes the one the store writes to: by its shape, with its `this`, and contained. What the store writes, and
// what it never writes, is the suite's.
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { resolveStoreLog, type StoreLog, type StoreLogger } from '@upkeep/core'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { codeOf, turns } from './support/outcome.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

afterEach(() => void vi.restoreAllMocks())

/** Notes how its methods are called; they need their `this`. */
class NotedLog {
  readonly calls: unknown[][] = []
  debug(...line: unknown[]): void {
    this.calls.push(['debug', ...line])
  }
  info(...line: unknown[]): void {
    this.calls.push(['info', ...line])
  }
  warn(...line: unknown[]): void {
    this.calls.push(['warn', ...line])
  }
  error(...line: unknown[]): void {
    this.calls.push(['error', ...line])
  }
}

/** Winston: a level gives the logger back, `child` makes another one, the message comes first. */
class WinstonLog extends NotedLog {
  readonly level = 'info'
  child(_meta: object): WinstonLog {
    return this
  }
}

/** Bunyan: `child`, and `fields` with what every line has. */
class BunyanLog extends NotedLog {
  readonly fields: object = { name: 'app', pid: 1 }
  child(_fields: object): BunyanLog {
    return this
  }
}

function writeOnEachLevel(logger: StoreLogger): void {
  const log = resolveStoreLog(logger)
  for (const level of LEVELS) {
    log[level]('the message', { code: 'BUSY' })
    log[level]('alone')
  }
}

describe('the order of message and fields', () => {
  it.each([
    ['an object with the four methods', new NotedLog()],
    ['winston', new WinstonLog()],
  ])('%s: the message first', (_who, logger) => {
    writeOnEachLevel(logger)
    expect(logger.calls).toEqual(
      LEVELS.flatMap((level) => [
        [level, 'the message', { code: 'BUSY' }],
        [level, 'alone'],
      ]),
    )
  })

  it('bunyan: the fields first', () => {
    const logger = new BunyanLog()
    writeOnEachLevel(logger)
    expect(logger.calls).toEqual(
      LEVELS.flatMap((level) => [
        [level, { code: 'BUSY' }, 'the message'],
        [level, {}, 'alone'],
      ]),
    )
  })

  it('pino, the real one and its children: message and fields arrive, at its own level', () => {
    const lines: string[] = []
    const sink = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const logger = pino({ level: 'info', base: null, timestamp: false }, sink)
    writeOnEachLevel(logger)
    writeOnEachLevel(logger.child({ part: 'store' }))
    const expected = [30, 40, 50].flatMap((level) => [
      { level, code: 'BUSY', msg: 'the message' },
      { level, msg: 'alone' },
    ])
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      ...expected,
      ...expected.map((line) => ({ ...line, part: 'store' })),
    ])
  })

  it('console: message and fields', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    resolveStoreLog(console).warn('the message', { code: 'BUSY' })
    expect(warn.mock.calls).toEqual([['the message', { code: 'BUSY' }]])
  })
})

it('by default warnings and errors go to the console, and nothing else does', () => {
  const spies = LEVELS.map((level) => vi.spyOn(console, level).mockReturnValue(undefined))
  const log = resolveStoreLog(undefined)
  for (const level of LEVELS) log[level]('the message', { n: 1 })
  expect(spies.map(({ mock }) => mock.calls)).toEqual([
    [],
    [],
    [['the message', { n: 1 }]],
    [['the message', { n: 1 }]],
  ])
})

it('a logger without debug and info hears of neither', () => {
  const heard: string[] = []
  const log = resolveStoreLog({ warn: (message) => void heard.push(message), error: () => undefined })
  log.debug('d')
  log.info('i')
  log.warn('w')
  expect(heard).toEqual(['w'])
})

it('a function with methods is a logger too', () => {
  const noted = new NotedLog()
  const logger = Object.assign(() => undefined, { warn: noted.warn.bind(noted), error: noted.error.bind(noted) })
  resolveStoreLog(logger).warn('w')
  expect(noted.calls).toEqual([['warn', 'w']])
})

it('what was resolved is resolved', () => {
  const log: StoreLog = resolveStoreLog(new NotedLog())
  expect(resolveStoreLog(log)).toBe(log)
})

describe('a logger that fails', () => {
  const broken = (fail: () => unknown): StoreLog => ({ debug: fail, info: fail, warn: fail, error: fail }) as StoreLog

  it.each<[string, () => unknown]>([
    [
      'by throwing',
      () => {
        throw new Error('the disk is full')
      },
    ],
    ['by rejecting later', () => Promise.reject(new Error('the disk is full'))],
  ])('%s disturbs nobody', async (_how, fail) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      for (const level of LEVELS) expect(resolveStoreLog(broken(fail))[level]('x')).toBeUndefined()
      await turns()
    } finally {
      process.off('unhandledRejection', note)
    }
    expect(unhandled).toEqual([])
  })
})

describe('what is no logger is INVALID_ARGUMENT', () => {
  const method = (): void => undefined
  it.each(
    [
      null,
      false,
      5,
      'console',
      method,
      {},
      { warn: method },
      { error: method },
      { warn: method, error: 'loud' },
      { warn: method, error: method, debug: true },
      { warn: method, error: method, info: null },
    ].map((logger) => [inspect(logger), logger]),
  )('%s', async (_shown, logger) => {
    expect(await codeOf(() => resolveStoreLog(logger as never))).toBe('INVALID_ARGUMENT')
  })
})
