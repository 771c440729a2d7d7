// decode(): what it does to result columns by their names. Which values the kinds make of what is stored has a file of
// its own; decoding real expressions is tested in sqlite-native.
import { decode, type ValueKind } from '@upkeep/core'
import { CamelCasePlugin, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createFakeKysely } from './support/fake-kysely.ts'
import { codeOf } from './support/outcome.ts'

function withRows(...rows: unknown[]) {
  return createFakeKysely({ answer: () => ({ rows, numAffectedRows: 7n }) }).db
}

const AT = '2026-11-20T10:11:12.345Z'

describe('decode', () => {
  it('decodes the named columns and leaves the others alone', async () => {
    const db = withRows({ last: AT, ok: 1, other: AT }, { last: AT, ok: 0, other: 1 })
    const { rows } = await sql`x`.execute(db.withPlugin(decode({ last: 'instant', ok: 'boolean' })))
    expect(rows).toEqual([
      { last: new Date(AT), ok: true, other: AT },
      { last: new Date(AT), ok: false, other: 1 },
    ])
  })

  it('null stays null; a column that is not there is not made', async () => {
    const { rows } = await sql`x`.execute(withRows({ last: null }).withPlugin(decode({ last: 'instant', no: 'json' })))
    expect(rows).toEqual([{ last: null }])
  })

  it('keeps what else the result says, and the rows that it was given', async () => {
    const row = Object.freeze({ ok: 1 })
    const result = await sql`x`.execute(withRows(row).withPlugin(decode({ ok: 'boolean' })))
    expect(result).toEqual({ rows: [{ ok: true }], numAffectedRows: 7n })
    expect(row.ok).toBe(1)
  })

  it('does nothing to the query', async () => {
    const { db, calls } = createFakeKysely()
    await db
      .withPlugin(decode({ last: 'instant' }))
      .selectFrom('t')
      .select('last')
      .execute()
    expect(calls).toEqual(['store: select "last" from "t"'])
  })

  it('goes by the names as they are at its place among the plugins', async () => {
    const camel = new CamelCasePlugin()
    const db = withRows({ last_at: AT })
    const after = await sql`x`.execute(db.withPlugin(camel).withPlugin(decode({ lastAt: 'instant' })))
    const before = await sql`x`.execute(db.withPlugin(decode({ last_at: 'instant' })).withPlugin(camel))
    const wrong = await sql`x`.execute(db.withPlugin(camel).withPlugin(decode({ last_at: 'instant' })))
    expect([after.rows, before.rows, wrong.rows]).toEqual([
      [{ lastAt: new Date(AT) }],
      [{ lastAt: new Date(AT) }],
      [{ lastAt: AT }],
    ])
  })

  it('twice for one column is as good as once', async () => {
    const one = decode({ last: 'instant', doc: 'json' })
    const { rows } = await sql`x`.execute(withRows({ last: AT, doc: '{"a":1}' }).withPlugin(one).withPlugin(one))
    expect(rows).toEqual([{ last: new Date(AT), doc: { a: 1 } }])
  })

  it('works on the chunks of a stream', async () => {
    const stream = withRows({ ok: 1 }, { ok: 0 })
      .withPlugin(decode({ ok: 'boolean' }))
      .selectFrom('t')
      .selectAll()
      .stream(1)
    const rows: unknown[] = []
    for await (const row of stream) rows.push(row)
    expect(rows).toEqual([{ ok: true }, { ok: false }])
  })

  it.each(['date', 'Boolean', '', 'constructor', undefined])('there is no kind %s', async (kind) => {
    expect(await codeOf(() => decode({ a: kind as ValueKind }))).toBe('INVALID_ARGUMENT')
  })
})
