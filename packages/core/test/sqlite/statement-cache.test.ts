// The statement cache alone: its bound, and who has to go. That EXPLAIN and PRAGMA never get in is the router's.
import { describe, expect, it } from 'vitest'
import { StatementCache } from '../../dist/sqlite/statement-cache.js'

describe('StatementCache', () => {
  it('gives what it was given, and nothing else', () => {
    const cache = new StatementCache<object>(10)
    const statement = {}
    cache.set('select 1', statement)
    expect(cache.get('select 1')).toBe(statement)
    expect(cache.get('SELECT 1')).toBeUndefined()
    expect(cache.get('constructor')).toBeUndefined()
    expect(cache.get('__proto__')).toBeUndefined()
  })

  it('gives the later of two with the same text, and forgets the earlier', () => {
    const cache = new StatementCache<number>(4)
    cache.set('a', 1)
    for (const other of ['b', 'c', 'd']) cache.set(other, 0)
    cache.set('a', 2)
    expect(cache.get('a')).toBe(2)
    for (const other of ['e', 'f']) {
      cache.set(other, 0)
      expect(cache.get('a')).toBe(2)
    }
  })

  it.each([1, 2, 3, 4, 5, 64, 999])('never holds more than %d', (maxSize) => {
    const cache = new StatementCache<number>(maxSize)
    for (let n = 0; n < maxSize * 5; n++) {
      cache.set(`select ${n}`, n)
      cache.get(`select ${Math.floor(n / 2)}`)
      expect(cache.size).toBeLessThanOrEqual(maxSize)
    }
  })

  it('keeps the one that came last, however small it is', () => {
    const cache = new StatementCache<number>(1)
    for (const sql of ['a', 'b', 'c']) {
      cache.set(sql, 1)
      expect(cache.get(sql)).toBe(1)
    }
  })

  it('keeps what is used, however many others pass', () => {
    const cache = new StatementCache<number>(10)
    cache.set('hot', 1)
    for (let n = 0; n < 1000; n++) {
      cache.set(`select ${n}`, n)
      expect(cache.get('hot')).toBe(1)
    }
  })

  it('keeps at least the last half of what was used, in the order of use and not of arrival', () => {
    const cache = new StatementCache<number>(10)
    for (let n = 0; n < 10; n++) cache.set(`select ${n}`, n)
    for (const n of [5, 6]) cache.get(`select ${n}`)
    for (let n = 10; n < 13; n++) cache.set(`select ${n}`, n)
    // The five used last: 5, 6, 10, 11, 12.
    for (const n of [5, 6, 10, 11, 12]) expect(cache.get(`select ${n}`)).toBe(n)
  })

  it('lets go of what nobody asks for', () => {
    const cache = new StatementCache<number>(10)
    cache.set('cold', 1)
    for (let n = 0; n < 10; n++) cache.set(`select ${n}`, n)
    expect(cache.get('cold')).toBeUndefined()
  })

  it('is empty after clear', () => {
    const cache = new StatementCache<number>(4)
    for (const sql of ['a', 'b', 'c', 'd']) cache.set(sql, 1)
    cache.clear()
    expect(cache.size).toBe(0)
    for (const sql of ['a', 'b', 'c', 'd']) expect(cache.get(sql)).toBeUndefined()
  })
})
