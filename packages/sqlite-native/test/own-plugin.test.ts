// A plugin of one's own on a store: it sees the values of the contract wherever the statement runs, and what it makes or
// throws is held to the rules of the store. Kysely's own plugins have a file of their own.
import { json } from '@upkeep/core'
import {
  type KyselyPlugin,
  LimitNode,
  OperationNodeTransformer,
  type QueryId,
  type SelectQueryNode,
  ValueNode,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { AT, openEventStore } from './support/event-store.ts'

/** Asks for one row at most in each select, and notes the rows that come back. */
class OwnPlugin extends OperationNodeTransformer implements KyselyPlugin {
  readonly seen: unknown[] = []

  override transformSelectQuery(node: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    const limit = LimitNode.create(ValueNode.createImmediate(1))
    return { ...super.transformSelectQuery(node, queryId), limit }
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
    const { store, db, close } = await openEventStore({ plugins: [plugin] })
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
    const { store, db, close } = await openEventStore({})
    const writing = store.transaction((tx) => tx.withPlugin(failing).deleteFrom('user_event').execute())
    await expect(writing).rejects.toThrow('mine')
    expect(await db.selectFrom('user_event').select('user_id').execute()).toHaveLength(1)
    await close()
  })

  it('parameters are checked after plugins: what one of them makes is held to the same contract', async () => {
    const { db, close } = await openEventStore({})
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
