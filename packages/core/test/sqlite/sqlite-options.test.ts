// The options that all SQLite backends share, and how they are read from a URL. Which of the two wins is the backend's.
import { resolveSqliteOptions, SQLITE_DEFAULTS, type SqliteOptions, sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/outcome.ts'

const refused = async (work: () => unknown): Promise<void> => expect(await codeOf(work)).toBe('INVALID_ARGUMENT')

describe('SQLite', () => {
  it('has its defaults, whether an option is left out or undefined', () => {
    const undefinedOnes = Object.fromEntries(Object.keys(SQLITE_DEFAULTS).map((name) => [name, undefined]))
    expect(resolveSqliteOptions({}, [], 'open')).toEqual(SQLITE_DEFAULTS)
    expect(resolveSqliteOptions(undefinedOnes, [], 'open')).toEqual(SQLITE_DEFAULTS)
  })

  it.each([
    { readonly: true },
    { readOnly: 1 },
    { durability: 'off' },
    { foreignKeys: 'yes' },
    { busyTimeoutMs: -1 },
    { busyTimeoutMs: 2 ** 31 },
    { busyTimeoutMs: '5000' },
    { cacheSizeBytes: -2000 },
    { mmapSizeBytes: Number.NaN },
    { journalSizeLimitBytes: -1 },
    { statementCacheSize: 0 },
    { statementCacheSize: 1e9 },
    { maxReaders: 0 },
    // A bound of one and a half connections lets two in, and half a byte is none that SQLite knows.
    { maxReaders: 1.5 },
    { statementCacheSize: 10.5 },
    { cacheSizeBytes: 0.5 },
    { mmapSizeBytes: 1e3 + 0.1 },
    { journalSizeLimitBytes: 1.5 },
    { memoryBudgetBytes: 1024 },
    { memoryBudgetBytes: true },
    // Which of the two would count?
    { memoryBudgetBytes: 64 * 1024 * 1024, cacheSizeBytes: 1024 * 1024 },
    { checkpointer: 'yes' },
    { walLimitBytes: 1000 },
    { walLimitBytes: 0 },
    { maxReadAgeMs: 0 },
    { maxReadAgeMs: 1000, walLimitBytes: false },
  ])('%j', (options) => refused(() => resolveSqliteOptions(options as SqliteOptions, [], 'open')))

  it('others may be known to a backend', () => {
    expect(() =>
      resolveSqliteOptions({ createDirectory: true } as SqliteOptions, ['createDirectory'], 'open'),
    ).not.toThrow()
  })

  it('from a URL: text in the type of the default; what does not fit is left for the check to refuse', () => {
    const fromUrl = (query: Record<string, string>) => sqliteOptionsFromUrl(new Map(Object.entries(query)))
    expect(fromUrl({ readOnly: 'true', foreignKeys: 'false', busyTimeoutMs: '0', durability: 'normal' })).toEqual({
      readOnly: true,
      foreignKeys: false,
      busyTimeoutMs: 0,
      durability: 'normal',
    })
    expect(fromUrl({ walLimitBytes: 'false', maxReadAgeMs: '5000', memoryBudgetBytes: '9999999' })).toEqual({
      walLimitBytes: false,
      maxReadAgeMs: 5000,
      memoryBudgetBytes: 9_999_999,
    })
    for (const text of ['', ' 5', '5 ', '-5', '+5', '5.5', '0x5', '5e3', 'Infinity', 'five']) {
      expect(fromUrl({ busyTimeoutMs: text })).toEqual({ busyTimeoutMs: text })
    }
    expect(fromUrl({ readOnly: 'yes' })).toEqual({ readOnly: 'yes' })
    expect(fromUrl({ readOnly: 'TRUE' })).toEqual({ readOnly: 'TRUE' })
  })

  it.each(['__proto__', 'constructor', 'toString', 'nope'])('%s in a URL is no option', async (name) => {
    const options = sqliteOptionsFromUrl(new Map([[name, '5']]))
    await refused(() => resolveSqliteOptions({ ...options }, [], 'open'))
    expect(Object.getPrototypeOf({ ...options })).toBe(Object.prototype)
  })
})
