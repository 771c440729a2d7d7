// The driver is loaded when a database of its scheme is opened, and not before: an application may register every
// backend and run where better-sqlite3 cannot be loaded. In processes of their own, with a hook on each import.
import { describe, expect, it } from 'vitest'
import { answerOfNode } from './support/run-node.ts'

interface Answer {
  readonly before: string[]
  readonly loaded: boolean
  readonly code: string | undefined
  readonly isStoreError: boolean
}

/** Registers all backends, opens `url`, and tells what was asked for of better-sqlite3 until then. */
const script = (url: string, missing = false): string => `
  import { registerHooks } from 'node:module'
  const asked = []
  registerHooks({
    resolve(specifier, context, next) {
      if (!/better-sqlite3|\\.node$/.test(specifier) || specifier.includes('better-sqlite3-port')) return next(specifier, context)
      asked.push(specifier)
      if (${missing}) throw Object.assign(new Error('cannot be loaded here'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    },
  })
  const { isStoreError, openStore, StoreError } = await import('@upkeep/core')
  const { openSqliteStore, SqliteNativeDialect, sqliteNative } = await import('@upkeep/sqlite-native')
  const other = { name: 'other', schemes: ['other'], open: async () => { throw new StoreError('UNSUPPORTED', 'a fake') } }
  const backends = [sqliteNative({ setupModule: '/never/loaded.mjs' }), other, sqliteNative()]
  new SqliteNativeDialect({ path: 'never-opened.db' })
  await openStore('other:x', { backends }).catch(() => undefined)
  await openStore('mysql:x', { backends }).catch(() => undefined)
  const before = [...asked]
  let error
  try {
    const store = await openStore('${url}', { backends: [sqliteNative()] })
    await store.close()
  } catch (thrown) {
    error = thrown
  }
  console.log(JSON.stringify({ before, loaded: asked.length > 0, code: error?.code, isStoreError: isStoreError(error) }))`

describe('better-sqlite3', () => {
  it('is not even looked for until a sqlite: URL is opened', async () => {
    const answer = await answerOfNode<Answer>(script('sqlite::memory:'))
    expect(answer).toEqual({ before: [], loaded: true, code: undefined, isStoreError: false })
  })

  it('is not looked for by a URL that is refused', async () => {
    const answer = await answerOfNode<Answer>(script('sqlite:'))
    expect(answer).toMatchObject({ before: [], loaded: false, code: 'INVALID_ARGUMENT' })
  })

  it('where it cannot be loaded, other schemes open as ever, and its own says so with a code', async () => {
    const answer = await answerOfNode<Answer>(script('sqlite::memory:', true))
    expect(answer).toEqual({ before: [], loaded: true, code: 'UNSUPPORTED', isStoreError: true })
  })
})
