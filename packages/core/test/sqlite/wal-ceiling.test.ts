// Who holds the log, judged by looks that a test makes up. What a reader does to a real log is tested by the suite.
import type { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { ReaderRegistry } from '../../dist/sqlite/reader-registry.js'
import { WalCeiling } from '../../dist/sqlite/wal-ceiling.js'
import type { LockHolder } from '../../dist/sqlite/write-lock.js'
import { createManualClock } from '../support/manual-clock.ts'

const LIMIT = 1000

function create(options: { walLimitBytes?: number | false; maxReadAgeMs?: number | false } = {}) {
  const clock = createManualClock()
  const registry = new ReaderRegistry(clock)
  const lock: { holder: LockHolder | undefined } = { holder: undefined }
  const told: Record<string, unknown>[] = []
  const log = {
    warn: (message: string, fields: object = {}) => void told.push({ message, ...fields }),
    error: () => undefined,
  }
  const ceiling = new WalCeiling({
    registry,
    lock,
    clock,
    log,
    options: { walLimitBytes: LIMIT, maxReadAgeMs: false, ...options },
  })
  const look = (copiedFrames: number, { sizeBytes = LIMIT + 1, isHeld = true } = {}): void =>
    ceiling.observe({ sizeBytes, copiedFrames, isHeld })
  const read = (label: string, sql?: string, end?: (reason: StoreError) => void) =>
    registry.add({ label, sql: () => sql, end })
  return { clock, lock, told, ceiling, look, read, holder: () => ceiling.finding(LIMIT + 1)?.text ?? '' }
}

describe('WalCeiling', () => {
  it('names the oldest of ours that was open when the log came to a stop, with its age and without literals', () => {
    const { clock, look, read, ceiling, told } = create()
    read('stream', "select 'secret' from a")
    clock.advance(200)
    read('backup')
    clock.advance(300)
    look(7)
    const finding = ceiling.finding(5000)
    expect(finding).toMatchObject({ code: 'wal_held', status: 'warn', value: 5000, limit: LIMIT })
    expect(finding?.text).toMatch(/stream, open for 500 ms: select \? from a$/)
    expect(told).toMatchObject([{ reader: 'stream', ageMs: 500, sql: 'select ? from a', walSizeBytes: LIMIT + 1 }])
  })

  it('one that has come later is not at that frame: then it is somebody else, once a second has passed', () => {
    const { clock, look, read, holder, told } = create()
    look(7)
    clock.advance(10)
    read('stream')
    clock.advance(900)
    look(7)
    expect(holder()).not.toMatch(/held by/)
    clock.advance(100)
    look(7)
    expect(holder()).toMatch(/held by: another process/)
    expect(told).toMatchObject([{ reader: 'another process, or another store on the file' }])
    // The other one has gone, and the stream holds it at a frame of its own.
    look(9)
    expect(holder()).toMatch(/held by: stream/)
  })

  it('a transaction that had the write lock at two looks holds it', () => {
    const { look, lock, holder } = create()
    lock.holder = { label: 'transaction' }
    look(7)
    expect(holder()).not.toMatch(/held by/)
    look(7)
    expect(holder()).toMatch(/held by: transaction$/)
    lock.holder = { label: 'transaction' }
    look(7)
    expect(holder()).not.toMatch(/held by/)
  })

  it('tells each once, and anew when the log has been free in between', () => {
    const { look, read, told } = create()
    const leave = read('stream')
    for (let time = 0; time < 3; time++) look(7)
    expect(told).toHaveLength(1)
    look(7, { isHeld: false })
    look(8)
    expect(told).toHaveLength(2)
    leave()
    read('backup')
    look(9)
    expect(told.map(({ reader }) => reader)).toEqual(['stream', 'stream', 'backup'])
  })

  it.each([{ sizeBytes: LIMIT }, { isHeld: false }])('%j is nothing to tell', (seen) => {
    const { look, read, ceiling, told } = create()
    read('stream')
    look(7, seen)
    expect(ceiling.finding(LIMIT + 1)).toMatchObject({ status: 'pass', value: 0 })
    expect(told).toEqual([])
  })

  it('without a limit there is no finding, and nobody is told', () => {
    const { look, read, ceiling, told } = create({ walLimitBytes: false })
    read('stream')
    look(7)
    expect(ceiling.finding(1e9)).toBe(undefined)
    expect(told).toEqual([])
  })

  it('ends those that are too old and can be ended, and no others', () => {
    const { clock, look, read } = create({ maxReadAgeMs: 1000 })
    const ended: string[] = []
    const end = (label: string) => (reason: StoreError) => void ended.push(`${label} ${reason.code}`)
    read('backup')
    read('stream', undefined, end('old'))
    clock.advance(600)
    read('stream', undefined, end('young'))
    look(7)
    expect(ended).toEqual([])
    clock.advance(400)
    look(7)
    expect(ended).toEqual(['old TIMEOUT'])
    clock.advance(600)
    read('stream', undefined, end('late'))
    clock.advance(5000)
    look(7, { sizeBytes: LIMIT })
    expect(ended).toEqual(['old TIMEOUT'])
  })
})
