// docs/operations.md and the guide to the service name everything that a store tells: each metric, finding, limit, line
// of the log and option, and nothing that is not there.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createMaintenanceService,
  HEALTH_LIMITS,
  MAINTENANCE_SERVICE_DEFAULTS,
  RETENTION_DEFAULTS,
  type Store,
} from '@upkeep/core'
import { openPostgresStore } from '@upkeep/postgres'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase } from '../servers/test-servers.ts'
import { root } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'upkeep-operations-'))
let store: Store<any>
beforeAll(async () => {
  store = await openSqliteStore({ path: join(folder, 'app.db') })
  await sql`create table note (id integer primary key)`.execute(store.db)
  await store.transaction((tx) => sql`insert into note values (1)`.execute(tx))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The rows of the tables of one section, by the code in their first cell. */
function rowsOf(page: string, heading: string): Map<string, string> {
  const text = readFileSync(join(root, page), 'utf8')
  const [, section = ''] = text.split(`\n${heading}\n`)
  const own = section.split(/\n#{1,3} /)[0] ?? ''
  return new Map([...own.matchAll(/^\| `([^`]+)` \|.*$/gm)].map(([row, name = '']) => [name, row]))
}

const namesOf = (page: string, heading: string): string[] => [...rowsOf(page, heading).keys()].sort()

/** Paths of a snapshot down to what is measured: `leaf` says where to stop. */
function pathsOf(value: object, leaf: (path: string, value: object) => boolean, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`
    const isLeaf = typeof inner !== 'object' || inner === null || inner instanceof Date || leaf(path, inner)
    return isLeaf ? [path] : pathsOf(inner, leaf, `${path}.`)
  })
}

/** A default as it stands in a table. */
const shown = (value: unknown): string =>
  JSON.stringify(value).replaceAll('"', '').replaceAll(/[:,{]/g, '$& ').replaceAll('}', ' }')

/** By code, outcome or name: their keys are not the contract's. */
const isRecord = (path: string): boolean => ['errorCount', 'maintenance.runCount', 'runCount', 'tasks'].includes(path)

describe('docs/operations.md', () => {
  const page = 'docs/operations.md'

  it('has every metric, and none that is not there', () => {
    const isWindow = (_: string, value: object): boolean => 'windowMs' in value
    const windowFields = Object.keys(store.stats().latency)
    expect(windowFields).toContain('p95Ms')
    const paths = pathsOf(store.stats(), (path, value) => isRecord(path) || isWindow(path, value))
    expect(namesOf(page, '## Metrics')).toEqual([...paths, ...windowFields].sort())
  })

  it('has every finding with its limit and default, and none that is not there', async () => {
    const database = await createPostgresDatabase('newest')
    const onServer = await openPostgresStore({ url: database.url })
    const findings = [...(await store.health()).findings, ...(await onServer.health()).findings]
    await onServer.close()
    await database.drop()
    const rows = rowsOf(page, '## Health')
    expect([...rows.keys()].sort()).toEqual([...new Set(findings.map(({ code }) => code))].sort())
    const table = [...rows.values()].join('\n')
    for (const [name, value] of Object.entries(HEALTH_LIMITS)) {
      expect(table).toMatch(new RegExp(`\`${name}\`, ${value}\\b`))
    }
  })

  it('has every line of the log with its level, and none that is not there', () => {
    const lines = globSync('packages/*/src/**/*.ts', { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\.(debug|info|warn|error)(?:\?\.)?\(\s*'([^']+)'/g)].map(
        ([, level, line]) => `${line} | ${level}`,
      ),
    )
    expect(lines.length).toBeGreaterThan(10)
    const told = [...rowsOf(page, '## Log lines').entries()].map(([line, row]) => `${line} | ${row.split(' | ')[1]}`)
    expect(told.sort()).toEqual([...new Set(lines)].sort())
  })
})

describe('docs/guides/service.md', () => {
  const page = 'docs/guides/service.md'

  it('has every field of stats(), and none that is not there', async () => {
    const service = createMaintenanceService({ store })
    await service.runNow()
    const paths = pathsOf(service.stats(), (path) => isRecord(path) || path === 'checkpoint')
    expect(namesOf(page, '## What it tells')).toEqual(paths.sort())
  })

  it('has every default', () => {
    const rows = rowsOf(page, '## Options')
    for (const [name, value] of Object.entries(MAINTENANCE_SERVICE_DEFAULTS))
      expect(rows.get(name)).toContain(shown(value))
  })
})

describe('docs/guides/retention.md', () => {
  it('has every option that all tasks have, with its default', () => {
    const rows = rowsOf('docs/guides/retention.md', '### Of every task')
    for (const [name, value] of Object.entries(RETENTION_DEFAULTS)) expect(rows.get(name)).toContain(shown(value))
  })
})
