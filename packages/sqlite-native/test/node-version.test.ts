// A Node that is too old for better-sqlite3 (it would crash the process) gets a typed error before the driver is
// loaded. The decision here; and, where there is an old Node at hand, for real: in UPKEEP_TEST_NODE20 or /usr/bin/node.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { assertNodeVersion } from '../dist/node-version.js'
import { answerOfNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('assertNodeVersion', () => {
  it.each(['v20.20.2', 'v21.7.3', 'v18.0.0', 'v9.0.0', 'v2.0.0', 'v0.12.18', '20.1.0', '', 'nightly'])(
    '%j is too old, or no version',
    async (version) => {
      expect(await codeOf(() => assertNodeVersion(version))).toBe('UNSUPPORTED')
    },
  )

  it.each(['v22.0.0', 'v22.22.1', 'v24.21.0', 'v25.0.0-nightly20261120', 'v100.0.0', process.version])(
    '%j is new enough',
    (version) => {
      expect(() => assertNodeVersion(version)).not.toThrow()
    },
  )
})

const oldNode = [process.env.UPKEEP_TEST_NODE20, '/usr/bin/node'].find((node) => {
  if (node === undefined) return false
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return /^v(?:18|20|21)\./.test(stdout ?? '')
})

/** Opens in each way that there is, and tells the codes. */
const script = (path: string): string => `
  const codes = []
  const attempt = (work) => work().then(() => codes.push('opened'), (error) => codes.push(error.code))
  const { openStore } = await import('@upkeep/core')
  const { openSqliteStore, SqliteNativeDialect, sqliteNative } = await import('@upkeep/sqlite-native')
  const { Kysely, sql } = await import('kysely')
  await attempt(() => openSqliteStore({ path: ${JSON.stringify(path)} }))
  await attempt(() => openSqliteStore({ path: ':memory:' }))
  await attempt(() => openStore('sqlite::memory:', { backends: [sqliteNative()] }))
  const db = new Kysely({ dialect: new SqliteNativeDialect({ path: ':memory:' }) })
  await attempt(() => sql\`select 1\`.execute(db))
  console.log(JSON.stringify({ version: process.version, codes }))`

describe(oldNode === undefined ? 'no old Node here: the decision above stands alone' : `really, on ${oldNode}`, () => {
  it(
    oldNode === undefined ? 'set UPKEEP_TEST_NODE20 to run it' : 'import, open, typed error, exit 0, no crash, no file',
    async () => {
      if (oldNode === undefined) return
      const { path, files } = tempFolder()
      const answer = await answerOfNode<{ version: string; codes: string[] }>(script(path('x.db')), { node: oldNode })
      expect(answer.version).toMatch(/^v(?:18|20|21)\./)
      expect(answer.codes).toEqual(['UNSUPPORTED', 'UNSUPPORTED', 'UNSUPPORTED', 'UNSUPPORTED'])
      expect(files()).toEqual([])
    },
  )
})
