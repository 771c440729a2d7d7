// Our executor over a runner that is none: plugins in their order, streams and their lease. How plugins and values
// compose is tested with a real database, in sqlite-native.
import {
  CamelCasePlugin,
  type KyselyPlugin,
  type PluginTransformResultArgs,
  type RootOperationNode,
  sql,
  TableNode,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { createFakeKysely } from './support/fake-kysely.ts'

/** Notes what it is called for, and adds its name to each row. */
function notingPlugin(name: string, calls: string[]): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      calls.push(`${name} query`)
      return node
    },
    transformResult: async ({ result }: PluginTransformResultArgs) => {
      calls.push(`${name} result`)
      return { ...result, rows: result.rows.map((row) => ({ ...row, [name]: true })) }
    },
  }
}

const oneRow = () => ({ rows: [{ n: 1 }] })

describe('plugins', () => {
  it('transform in the order in which they were given, queries and results alike', async () => {
    const noted: string[] = []
    const { db } = createFakeKysely({ plugins: [notingPlugin('a', noted)], answer: oneRow })
    const rows = await db.withPlugin(notingPlugin('b', noted)).selectFrom('t').selectAll().execute()
    expect(rows).toEqual([{ n: 1, a: true, b: true }])
    expect(noted).toEqual(['a query', 'b query', 'a result', 'b result'])
  })

  it('see raw SQL too, and each chunk of a stream', async () => {
    const noted: string[] = []
    const answer = () => ({ rows: [{ n: 1 }, { n: 2 }, { n: 3 }] })
    const { db } = createFakeKysely({ plugins: [notingPlugin('a', noted)], answer })
    expect((await sql`select 1`.execute(db)).rows).toHaveLength(3)
    const streamed: unknown[] = []
    for await (const row of db.selectFrom('t').selectAll().stream(2)) streamed.push(row)
    expect(streamed).toEqual([1, 2, 3].map((n) => ({ n, a: true })))
    expect(noted.filter((one) => one === 'a result')).toHaveLength(3)
  })

  it('reach transactions and connections of Kysely, and not those who asked for none', async () => {
    const noted: string[] = []
    const { db } = createFakeKysely({ plugins: [notingPlugin('a', noted)], answer: oneRow })
    const select = (one: typeof db) => one.selectFrom('t').selectAll().execute()
    expect(await db.transaction().execute(select)).toEqual([{ n: 1, a: true }])
    expect(await db.connection().execute(select)).toEqual([{ n: 1, a: true }])
    expect(await select(db.withoutPlugins())).toEqual([{ n: 1 }])
    expect(await db.transaction().execute((trx) => select(trx.withoutPlugins()))).toEqual([{ n: 1 }])
  })

  it('withSchema comes first, so that the others see the schema', async () => {
    let seen: RootOperationNode | undefined
    const looking: KyselyPlugin = {
      transformQuery: ({ node }) => {
        seen = node
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const { db, calls } = createFakeKysely({ plugins: [looking] })
    await db.withSchema('main').selectFrom('t').selectAll().execute()
    expect(calls).toEqual(['store: select * from "main"."t"'])
    expect(JSON.stringify(seen)).toContain('"main"')
  })

  it('one that turns a query into something else is refused, as by Kysely', async () => {
    const wrong: KyselyPlugin = {
      transformQuery: () => TableNode.create('t') as never,
      transformResult: async ({ result }) => result,
    }
    const { db, calls } = createFakeKysely({ plugins: [wrong] })
    await expect(async () => db.selectFrom('t').selectAll().execute()).rejects.toThrow(/SelectQueryNode.*TableNode/)
    expect(calls).toEqual([])
  })

  it('one that fails fails the query, after the engine has done its work', async () => {
    const failing: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: () => Promise.reject(new Error('no')),
    }
    const { db, calls } = createFakeKysely({ plugins: [failing] })
    await expect(sql`select 1`.execute(db)).rejects.toThrow('no')
    expect(calls).toEqual(['store: select 1'])
  })

  it("get the query's id for both halves, and its signal", async () => {
    const ids: unknown[] = []
    let signal: AbortSignal | undefined
    const plugin: KyselyPlugin = {
      transformQuery: ({ node, queryId }) => {
        ids.push(queryId)
        return node
      },
      transformResult: async (args) => {
        ids.push(args.queryId)
        signal = args.signal
        return args.result
      },
    }
    const { db } = createFakeKysely({ plugins: [plugin] })
    const given = new AbortController().signal
    await db.selectFrom('t').selectAll().execute({ signal: given })
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(ids[1])
    expect(signal).toBe(given)
  })

  it('do not change what other instances have', () => {
    const { db } = createFakeKysely()
    const one = db.withPlugin(new CamelCasePlugin())
    const two = one.withPlugin(new CamelCasePlugin())
    expect([db, one, two].map((each) => each.getExecutor().plugins.length)).toEqual([0, 1, 2])
  })
})

describe('streams', () => {
  const rows = { rows: [{ n: 1 }, { n: 2 }, { n: 3 }] }

  it('lease a connection when the first row is asked for, and give it back at the end', async () => {
    const { db, calls } = createFakeKysely({ answer: () => rows })
    const stream = db.selectFrom('t').selectAll().stream(2)
    expect(calls).toEqual([])
    for await (const _row of stream) void _row
    expect(calls).toEqual(['lease connection 1', 'connection 1 stream: select * from "t"', 'release connection 1'])
  })

  it.each(['left early', 'left by an error', 'ended by return()'])('%s gives the connection back', async (how) => {
    const { db, calls } = createFakeKysely({ answer: () => rows })
    const stream = db.selectFrom('t').selectAll().stream(1)
    try {
      for await (const _row of stream) {
        if (how === 'left early') break
        if (how === 'left by an error') throw new Error('mine')
        await stream.return?.()
      }
    } catch (error) {
      expect((error as Error).message).toBe('mine')
    }
    expect(calls.at(-1)).toBe('release connection 1')
  })

  it('one that is never read leases nothing', async () => {
    const { db, calls } = createFakeKysely()
    await db.selectFrom('t').selectAll().stream()[Symbol.asyncIterator]().return?.()
    expect(calls).toEqual([])
  })

  it('a failure in the middle passes as it is and gives the connection back', async () => {
    const failure = new Error('no')
    const answer = () => {
      throw failure
    }
    const { db, calls } = createFakeKysely({ answer })
    await expect(db.selectFrom('t').selectAll().stream().next()).rejects.toBe(failure)
    expect(calls.at(-1)).toBe('release connection 1')
  })
})
