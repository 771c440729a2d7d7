// Statements that are stopped while they run, in a worker thread: for what reason, and what is left of the transaction.
import { openWasmStore, SqliteWasmDialect } from '@upkeep/sqlite-wasm'
import { Kysely, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from '../../core/test/support/outcome.ts'
import { StopFlags } from '../dist/stop-flags.js'

const ENDLESS = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as n from n`
const ENDLESS_INSERT = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1e12)
  insert into t select i from n`

/** Aborts once the worker is busy: it answers nothing meanwhile. */
function abortSoon(reason: unknown): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 20)
  return controller.signal
}

describe('a statement that would never end', () => {
  it('is ABORTED by its signal, with the reason as its cause', async () => {
    await using store = await openWasmStore({ path: ':memory:' })
    const reason = new Error('enough')
    const failure = await failureOf(() => ENDLESS.execute(store.db, { signal: abortSoon(reason) }))
    expect(failure).toMatchObject({ code: 'ABORTED', cause: reason })
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
  })

  it('is TIMEOUT by the timeout of the store', async () => {
    await using store = await openWasmStore({ path: ':memory:', timeouts: { defaultMs: 30 } })
    expect(await codeOf(() => ENDLESS.execute(store.db))).toBe('TIMEOUT')
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
  })

  it('is CLOSED by close(), which is clean', async () => {
    const store = await openWasmStore({ path: ':memory:', timeouts: { defaultMs: false } })
    const running = codeOf(() => ENDLESS.execute(store.db))
    expect(await store.close({ drainMs: 0 })).toMatchObject({ abandoned: 1 })
    expect(await running).toBe('CLOSED')
  })

  it('in a transaction it takes the transaction with it', async () => {
    await using store = await openWasmStore({ path: ':memory:' })
    await sql`create table t (i integer)`.execute(store.db)
    const reason = new Error('enough')
    const failure = await failureOf(() =>
      store.transaction(async (tx) => {
        await sql`insert into t values (1)`.execute(tx)
        await ENDLESS_INSERT.execute(tx, { signal: abortSoon(reason) }).catch(() => undefined)
        await sql`insert into t values (2)`.execute(tx)
      }),
    )
    expect(failure).toMatchObject({ code: 'ABORTED', cause: reason })
    expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 0 }])
  })

  it('of a stream, too', async () => {
    await using store = await openWasmStore({ path: ':memory:', timeouts: { defaultMs: false } })
    await sql`create table t (i integer)`.execute(store.db)
    const reading = async (): Promise<void> => {
      const rows = store.db
        .withRecursive('n(i)', (db) =>
          db.selectNoFrom(sql<number>`1`.as('i')).unionAll(db.selectFrom('n').select(sql<number>`i + 1`.as('i'))),
        )
        .selectFrom('n')
        .select('i')
        .where('i', '<', 0)
        .stream({ signal: abortSoon('x') })
      for await (const _ of rows);
    }
    expect(await codeOf(reading)).toBe('ABORTED')
  })
})

describe('flags', () => {
  it('stop the call that is named, and all of them when the page goes', () => {
    const flags = new StopFlags()
    const seen = new StopFlags(flags.buffer)
    flags.stop(5000)
    expect([5000, 5000 - 4096, 1].map((id) => seen.isStopped(id))).toEqual([true, false, false])
    flags.stopAll()
    expect(seen.isStopped(1)).toBe(true)
  })
})

it('the bare dialect works, and its destroy() ends', async () => {
  const db = new Kysely<any>({ dialect: new SqliteWasmDialect({ path: ':memory:' }) })
  expect((await sql`select 9007199254740993 as n`.execute(db)).rows).toEqual([{ n: 9007199254740993n }])
  await db.destroy()
})
