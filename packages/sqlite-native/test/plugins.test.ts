// How Kysely plugins compose with the value contract. The rule: a plugin sees queries before they are compiled, and
// rows whose values are those of the contract already (a Date, a parsed document, a boolean), never what SQLite stored.
// What follows from that for Kysely's own plugins is written down here, test by test.
import { decode, json, type StoreOptions } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import {
  CamelCasePlugin,
  type KyselyPlugin,
  OperationNodeTransformer,
  ParseJSONResultsPlugin,
  type QueryId,
  type SelectQueryNode,
  sql,
} from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/sqlite'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'

const AT = new Date('2026-11-20T10:11:12.345Z')
const BIG = 2n ** 53n + 1n

/** A row with one value of each kind, in snake case. */
async function open(options: StoreOptions = {}) {
  const store = await openSqliteStore<any>({ path: ':memory:', ...options })
  const plain = store.db.withoutPlugins()
  await sql`create table user_event (
    user_id integer primary key, was_seen boolean, sent_at timestamp text, raw_data json text, net_price decimal text,
    some_bytes blob, big_number integer, free_text text)`.execute(plain)
  await plain
    .insertInto('user_event')
    .values({
      user_id: 1,
      was_seen: true,
      sent_at: AT,
      raw_data: { inner_key: [{ deep_key: 1 }] },
      net_price: '1.50',
      some_bytes: new Uint8Array([1, 2]),
      big_number: BIG,
      free_text: '{"looks_like": "json"}',
    })
    .execute()
  return store
}

describe('CamelCasePlugin', () => {
  it('maps the names of columns both ways, and leaves values alone that are no plain objects', async () => {
    const { db, close } = await openBound({ plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] })
    const row = await db.selectFrom('userEvent').selectAll().where('userId', '=', 1).executeTakeFirst()
    expect(row).toEqual({
      userId: 1,
      wasSeen: true,
      sentAt: AT,
      rawData: { inner_key: [{ deep_key: 1 }] },
      netPrice: '1.50',
      someBytes: new Uint8Array([1, 2]),
      bigNumber: BIG,
      freeText: '{"looks_like": "json"}',
    })
    const returned = await db.updateTable('userEvent').set({ wasSeen: false }).returning('wasSeen').executeTakeFirst()
    expect(returned).toEqual({ wasSeen: false })
    const { rows } = await sql`select sent_at from user_event`.execute(db)
    expect(rows).toEqual([{ sentAt: AT }])
    await close()
  })

  it('without maintainNestedObjectKeys it maps keys inside documents too: they are objects by then, not text', async () => {
    const { db, close } = await openBound({ plugins: [new CamelCasePlugin()] })
    const row = await db.selectFrom('userEvent').select('rawData').executeTakeFirst()
    expect(row).toEqual({ rawData: { innerKey: [{ deepKey: 1 }] } })
    await close()
  })
})

/** A store's `db` and its end, for tests that need no more. */
async function openBound(options: StoreOptions) {
  const store = await open(options)
  return { store, db: store.db, close: () => store.close() }
}

describe('ParseJSONResultsPlugin', () => {
  it('finds documents parsed already, parses text that looks like JSON, and leaves the rest alone', async () => {
    const { db, close } = await openBound({ plugins: [new ParseJSONResultsPlugin()] })
    const row = await db.selectFrom('user_event').selectAll().executeTakeFirst()
    expect(row).toMatchObject({
      raw_data: { inner_key: [{ deep_key: 1 }] },
      free_text: { looks_like: 'json' },
      sent_at: AT,
      some_bytes: new Uint8Array([1, 2]),
      net_price: '1.50',
      big_number: BIG,
    })
    await close()
  })

  it('or decode() does for one column what it does for all: an aggregate of rows is text without either', async () => {
    const { db, close } = await openBound({})
    const query = db
      .selectFrom('user_event')
      .select((eb) => jsonArrayFrom(eb.selectFrom('user_event as e').select(['e.user_id', 'e.free_text'])).as('events'))
    const events = [{ user_id: 1, free_text: '{"looks_like": "json"}' }]
    expect(await query.executeTakeFirst()).toEqual({ events: JSON.stringify(events) })
    expect(await query.withPlugin(decode({ events: 'json' })).executeTakeFirst()).toEqual({ events })
    const parsed = [{ user_id: 1, free_text: { looks_like: 'json' } }]
    expect(await query.withPlugin(new ParseJSONResultsPlugin()).executeTakeFirst()).toEqual({ events: parsed })
    await close()
  })
})

describe('decode()', () => {
  it('says what an expression is, where SQLite declares nothing', async () => {
    const { db, close } = await openBound({})
    const query = db
      .selectFrom('user_event')
      .select([
        db.fn.max('sent_at').as('last'),
        sql`coalesce(was_seen, 0)`.as('seen'),
        sql`json_extract(raw_data, '$')`.as('doc'),
        sql`sum(big_number)`.as('total'),
        sql`max(net_price)`.as('price'),
      ])
    expect(await query.executeTakeFirst()).toMatchObject({ last: AT.toISOString(), seen: 1, total: BIG, price: '1.50' })
    const kinds = { last: 'instant', seen: 'boolean', doc: 'json', price: 'decimal' } as const
    expect(await query.withPlugin(decode(kinds)).executeTakeFirst()).toEqual({
      last: AT,
      seen: true,
      doc: { inner_key: [{ deep_key: 1 }] },
      total: BIG,
      price: '1.50',
    })
    await close()
  })

  it('changes nothing about columns that are decoded already', async () => {
    const { db, close } = await openBound({})
    const all = { sent_at: 'instant', was_seen: 'boolean', raw_data: 'json', big_number: 'integer' } as const
    const query = db.selectFrom('user_event').select(['sent_at', 'was_seen', 'raw_data', 'big_number'])
    expect(await query.withPlugin(decode(all)).execute()).toEqual(await query.execute())
    await close()
  })
})

/** Adds a condition to each select, and notes the rows that come back. */
class OwnPlugin extends OperationNodeTransformer implements KyselyPlugin {
  readonly seen: unknown[] = []

  override transformSelectQuery(node: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    return { ...super.transformSelectQuery(node, queryId), limit: undefined } as SelectQueryNode
  }

  readonly transformQuery: KyselyPlugin['transformQuery'] = ({ node, queryId }) => this.transformNode(node, queryId)

  readonly transformResult: KyselyPlugin['transformResult'] = async ({ result }) => {
    this.seen.push(...result.rows)
    return result
  }
}

describe("a plugin of one's own", () => {
  it('sees the values of the contract, wherever the statement runs', async () => {
    const plugin = new OwnPlugin()
    const { store, db, close } = await openBound({ plugins: [plugin] })
    const expected = { sent_at: AT, raw_data: { inner_key: [{ deep_key: 1 }] }, was_seen: true }
    const select = (one: typeof db) =>
      one.selectFrom('user_event').select(['sent_at', 'raw_data', 'was_seen']).execute()
    const ways: readonly (() => Promise<unknown>)[] = [
      () => select(db),
      () => store.transaction(select),
      () => store.transaction((tx) => tx.nested(select)),
      () => store.withConnection((connection) => select(connection.db)),
      () => db.transaction().execute(select),
      () => db.connection().execute(select),
      async () => {
        for await (const _row of db.selectFrom('user_event').select(['sent_at', 'raw_data', 'was_seen']).stream())
          void _row
      },
    ]
    for (const way of ways) {
      plugin.seen.length = 0
      await way()
      expect(plugin.seen).toEqual([expected])
    }
    await select(db.withoutPlugins())
    expect(plugin.seen).toHaveLength(1)
    await close()
  })

  it('one that fails fails the transaction, which is rolled back', async () => {
    const failing: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: () => Promise.reject(new Error('mine')),
    }
    const { store, db, close } = await openBound({})
    const writing = store.transaction((tx) => tx.withPlugin(failing).deleteFrom('user_event').execute())
    await expect(writing).rejects.toThrow('mine')
    expect(await db.selectFrom('user_event').select('user_id').execute()).toHaveLength(1)
    await close()
  })

  it('parameters are checked after plugins: what one of them makes is held to the same contract', async () => {
    const { db, close } = await openBound({})
    const insert = db.insertInto('user_event').values({ user_id: 2, raw_data: ['an', 'array'] })
    expect(await codeOf(() => insert.execute())).toBe('INVALID_ARGUMENT')
    await db
      .insertInto('user_event')
      .values({ user_id: 2, raw_data: json(['an', 'array']) })
      .execute()
    const row = await db
      .withSchema('main')
      .selectFrom('user_event')
      .select('raw_data')
      .where('user_id', '=', 2)
      .executeTakeFirst()
    expect(row).toEqual({ raw_data: ['an', 'array'] })
    await close()
  })
})
