// Kysely's `log` over our executor: which events, when, with what. That the errors in them are ours, and the values
// those of the contract, is tested with a real database, in sqlite-native.
import { type KyselyPlugin, type LogConfig, type LogEvent, sql } from 'kysely'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { QueryLog } from '../dist/kysely/query-log.js'
import { createFakeKysely } from './support/fake-kysely.ts'

const fails = () => {
  throw new Error('no')
}

function create(config?: LogConfig, answer: () => { rows: unknown[] } = () => ({ rows: [{ n: 1 }, { n: 2 }] })) {
  const events: LogEvent[] = []
  const log = QueryLog.create(config ?? ((event) => void events.push(event)))
  return { events, ...createFakeKysely({ log, answer }) }
}

const brief = (event: LogEvent): string =>
  `${event.level} ${event.query.sql}${event.level === 'query' && event.isStream ? ' (stream)' : ''}`

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a function', () => {
  it('hears of each statement once, with its parameters and its time', async () => {
    const { db, events } = create()
    await sql`select ${5}`.execute(db)
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ level: 'query', query: { sql: 'select ?', parameters: [5] }, isStream: false })
    expect(events[0]?.queryDurationMillis).toBeGreaterThanOrEqual(0)
  })

  it('hears of a failure instead, with the very error', async () => {
    const { db, events } = create(undefined, fails)
    const failing = sql`select 1`.execute(db)
    await expect(failing).rejects.toThrow('no')
    expect(events.map(brief)).toEqual(['error select 1'])
    const [event] = events
    expect(event?.level === 'error' && event.error).toBe(await failing.catch((error: unknown) => error))
  })

  it('hears of a stream when it has ended, not when it begins', async () => {
    const { db, events } = create()
    const stream = db.selectFrom('t').selectAll().stream(1)
    await stream.next()
    expect(events).toEqual([])
    for await (const _row of stream) void _row
    expect(events.map(brief)).toEqual(['query select * from "t" (stream)'])
  })

  it('hears of a stream that is left early, as by Kysely', async () => {
    const { db, events } = create()
    for await (const _row of db.selectFrom('t').selectAll().stream(1)) break
    expect(events.map(brief)).toEqual(['query select * from "t" (stream)'])
  })

  it('hears of a stream that fails', async () => {
    const { db, events } = create(undefined, fails)
    await expect(db.selectFrom('t').selectAll().stream().next()).rejects.toThrow('no')
    expect(events.map(brief)).toEqual(['error select * from "t"'])
  })

  it('hears of statements in transactions and on connections', async () => {
    const { db, events } = create()
    await db.transaction().execute(async (trx) => void (await sql`select 1`.execute(trx)))
    await db.connection().execute(async (one) => void (await sql`select 2`.execute(one)))
    expect(events.map(brief)).toEqual(['query select 1', 'query select 2'])
  })

  it('is awaited, before plugins see the result', async () => {
    const order: string[] = []
    const log = QueryLog.create(async () => {
      await Promise.resolve()
      order.push('log')
    })
    const { db } = createFakeKysely({ log })
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        order.push('plugin')
        return result
      },
    }
    await sql`select 1`.execute(db.withPlugin(plugin))
    expect(order).toEqual(['log', 'plugin'])
  })

  it('that throws fails the statement, and is not told of a failure that was none', async () => {
    const levels: string[] = []
    const { db } = create((event) => {
      levels.push(event.level)
      throw new Error('the log is full')
    })
    await expect(sql`select 1`.execute(db)).rejects.toThrow('the log is full')
    expect(levels).toEqual(['query'])
  })
})

describe('levels', () => {
  it.each<[LogConfig, number, number]>([
    [['query'], 1, 0],
    [['error'], 0, 1],
    [['query', 'error'], 1, 1],
    [[], 0, 0],
  ])('%j prints on the console, as Kysely does', async (config, queries, errors) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    await sql`select 1`.execute(create(config).db)
    await expect(sql`select 2`.execute(create(config, fails).db)).rejects.toThrow()
    expect(log.mock.calls.filter(([line]) => String(line).includes('select 1'))).toHaveLength(queries)
    expect(error.mock.calls).toHaveLength(errors)
  })

  it('none, or no option, cost the hot path nothing', () => {
    expect(QueryLog.create(undefined)).toBeUndefined()
    expect(QueryLog.create([])).toBeUndefined()
  })
})
