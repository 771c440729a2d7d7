import { describe, expect, it } from 'vitest'
import { quoteName } from '../../src/maintenance/quote-name.ts'
import { analyzeStatement, shownName, vacuumStatement } from '../../src/maintenance/statements.ts'

const table = { schema: 'public', name: 'a"; DROP TABLE b; --' }

describe('statements', () => {
  it('have the options that each version knows', () => {
    expect(vacuumStatement(table, 130_023)).toBe(
      'VACUUM (SKIP_LOCKED, TRUNCATE false, PARALLEL 0) "public"."a""; DROP TABLE b; --"',
    )
    expect(vacuumStatement(table, 180_004, 'freeze')).toContain(
      "(FREEZE, SKIP_LOCKED, TRUNCATE false, PARALLEL 0, SKIP_DATABASE_STATS, BUFFER_USAGE_LIMIT '2MB')",
    )
    expect(vacuumStatement(table, 180_004, 'full')).toContain('(FULL, SKIP_LOCKED, SKIP_DATABASE_STATS)')
    expect(analyzeStatement(table, 150_000)).toContain('(SKIP_LOCKED)')
  })

  it('quote any name, and refuse what is none', () => {
    expect(quoteName('"')).toBe('""""')
    expect(() => quoteName('a\0b')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('show a plain name plainly', () => {
    expect([shownName({ schema: 'public', name: 'person' }), shownName({ schema: 'Public', name: 'a b' })]).toEqual([
      'public.person',
      '"Public"."a b"',
    ])
  })
})
