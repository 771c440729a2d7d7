// How Kysely's own plugins compose with the value contract. The rule: a plugin sees queries before they are compiled, and
// rows whose values are those of the contract already (a Date, a parsed document, a boolean), never what SQLite stored.
// What follows from that is written down here, test by test; for plugins of one's own in a file of its own.
import { decode } from '@upkeep/core'
import { CamelCasePlugin, ParseJSONResultsPlugin, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/sqlite'
import { describe, expect, it } from 'vitest'
import { AT, BIG, openEventStore } from './support/event-store.ts'

describe('CamelCasePlugin', () => {
  it('maps the names of columns both ways, and leaves values alone that are no plain objects', async () => {
    const { db, close } = await openEventStore({ plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })] })
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
    const { db, close } = await openEventStore({ plugins: [new CamelCasePlugin()] })
    const row = await db.selectFrom('userEvent').select('rawData').executeTakeFirst()
    expect(row).toEqual({ rawData: { innerKey: [{ deepKey: 1 }] } })
    await close()
  })
})

describe('ParseJSONResultsPlugin', () => {
  it('finds documents parsed already, parses text that looks like JSON, and leaves the rest alone', async () => {
    const { db, close } = await openEventStore({ plugins: [new ParseJSONResultsPlugin()] })
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
    const { db, close } = await openEventStore({})
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
    const { db, close } = await openEventStore({})
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
    const { db, close } = await openEventStore({})
    const all = { sent_at: 'instant', was_seen: 'boolean', raw_data: 'json', big_number: 'integer' } as const
    const query = db.selectFrom('user_event').select(['sent_at', 'was_seen', 'raw_data', 'big_number'])
    expect(await query.withPlugin(decode(all)).execute()).toEqual(await query.execute())
    await close()
  })
})
