// Noticing another schema, with a database that is none and a stopped clock. That values come back right after DDL by
// another process is the suite's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SqliteStatement } from '../../dist/sqlite/port.js'
import { joinSchemaEpoch, leaveSchemaEpoch, SchemaWatch } from '../../dist/sqlite/schema-watch.js'

let nowMs = 0
beforeEach(() => {
  nowMs = 1_000_000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A connection's schema_version, and how often it was asked for. */
function fakeSchema() {
  const schema = { version: 1, asked: 0, prepared: 0 }
  const prepare = (): SqliteStatement => {
    schema.prepared++
    const all = () => {
      schema.asked++
      return [{ schema_version: schema.version }]
    }
    return { all } as unknown as SqliteStatement
  }
  return { schema, prepare }
}

describe('SchemaWatch', () => {
  it('asks the first time, whatever the time is', () => {
    for (const ms of [0, 0.1, 1e9]) {
      nowMs = ms
      const { schema, prepare } = fakeSchema()
      schema.version = 7
      expect(new SchemaWatch(prepare, { count: 0 }).version()).toBe(7)
      expect(schema.asked).toBe(1)
    }
  })

  it('prepares nothing before it is asked, and then once', () => {
    const { schema, prepare } = fakeSchema()
    const watch = new SchemaWatch(prepare, { count: 0 })
    expect(schema.prepared).toBe(0)
    for (let n = 0; n < 5; n++) {
      nowMs += 10
      watch.version()
    }
    expect([schema.prepared, schema.asked]).toEqual([1, 5])
  })

  it('asks again only after a while: it would double the cost of a point select', () => {
    const { schema, prepare } = fakeSchema()
    const watch = new SchemaWatch(prepare, { count: 0 })
    for (let n = 0; n < 100; n++) watch.version()
    expect(schema.asked).toBe(1)
    schema.version = 2
    expect(watch.version()).toBe(1)
    nowMs += 1
    expect(watch.version()).toBe(2)
  })

  it('asks at once after a change by a store of this process', () => {
    const { schema, prepare } = fakeSchema()
    const epoch = { count: 0 }
    const watch = new SchemaWatch(prepare, epoch)
    watch.version()
    schema.version = 2
    epoch.count++
    expect(watch.version()).toBe(2)
    expect(watch.version()).toBe(2)
    expect(schema.asked).toBe(2)
  })
})

describe('the epoch of a database', () => {
  it('is shared by all stores on one file, until the last has left', () => {
    const [a, b] = [joinSchemaEpoch('/x.db'), joinSchemaEpoch('/x.db')]
    expect(a).toBe(b)
    expect(joinSchemaEpoch('/y.db')).not.toBe(a)
    leaveSchemaEpoch('/x.db')
    const c = joinSchemaEpoch('/x.db')
    expect(c).toBe(a)
    leaveSchemaEpoch('/x.db')
    leaveSchemaEpoch('/x.db')
    expect(joinSchemaEpoch('/x.db')).not.toBe(a)
    leaveSchemaEpoch('/x.db')
    leaveSchemaEpoch('/y.db')
  })

  it('each database in memory has its own', () => {
    expect(joinSchemaEpoch(':memory:')).not.toBe(joinSchemaEpoch(':memory:'))
    leaveSchemaEpoch(':memory:')
    leaveSchemaEpoch('/never-joined.db')
  })
})
