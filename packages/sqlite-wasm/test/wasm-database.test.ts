// What may be opened: names are checked before a worker is started.
import { openStore } from '@upkeep/core'
import { openWasmStore, SqliteWasmDialect, sqliteWasm } from '@upkeep/sqlite-wasm'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { resolveWasmDatabase } from '../dist/wasm-database.js'

describe('names', () => {
  it.each<[string, string, string | undefined]>([
    ['sqlite', ':memory:', undefined],
    ['sqlite', 'opfs:app', 'app'],
    ['opfs', 'app', 'app'],
    ['opfs', 'Größe 1.db', 'Größe 1.db'],
  ])('%s and %s', (scheme, path, opfsName) => {
    expect(resolveWasmDatabase(scheme, path)).toEqual({ opfsName })
  })

  it.each(['a/b', '../a', '..', 'a..b', 'a\\b', '.', ' a', '', 'a\0', 'x'.repeat(101)])(
    'opfs:%s is INVALID_ARGUMENT',
    async (name) => {
      expect(await codeOf(() => resolveWasmDatabase('opfs', name))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => openWasmStore({ path: `opfs:${name}` }))).toBe('INVALID_ARGUMENT')
    },
  )
})

describe('in Node', () => {
  it.each([
    ['a file', () => openWasmStore({ path: './app.db' })],
    ['a file by URL', () => openStore('sqlite:./app.db', { backends: [sqliteWasm()] })],
    ['OPFS', () => openStore('opfs:app', { backends: [sqliteWasm()] })],
  ])('%s is UNSUPPORTED', async (_, open) => {
    expect(await codeOf(open)).toBe('UNSUPPORTED')
  })

  it('an unknown option is INVALID_ARGUMENT, before anything is opened', async () => {
    expect(await codeOf(() => openWasmStore({ path: ':memory:', createDirectory: true } as never))).toBe(
      'INVALID_ARGUMENT',
    )
    expect(await codeOf(() => new SqliteWasmDialect({ path: ':memory:', cache: 1 } as never))).toBe('INVALID_ARGUMENT')
  })
})
