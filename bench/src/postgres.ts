/**
 * `pnpm bench:postgres`: Upkeep on Postgres beside pg with named statements, which is 1, and its peers, on a server that it
 * starts itself.
 *
 * It writes its part of docs/benchmarks.md unless it is `--quick`. It fails only if a contender gives wrong answers, never
 * for its figures.
 */
import { parseArgs } from 'node:util'
import pg from 'pg'
import { createPostgresDatabase } from '../../test/servers/test-servers.ts'
import { writeSection } from './benchmarks-document.ts'
import { describeMachine } from './machine.ts'
import { formatAborts, measureAborts } from './postgres/aborts.ts'
import { CONTENDERS, type PostgresContender, ROW_COUNT } from './postgres/contenders.ts'
import { measureRow, POSTGRES_ROWS, type PostgresRowName, TARGET_AT_32 } from './postgres/rows.ts'
import { createRandom, SEED_LIMIT } from './seeded-random.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const options = values.quick
  ? { sliceMs: 60, warmUpRounds: 1, rounds: 2 }
  : { sliceMs: 500, warmUpRounds: 8, rounds: 7 }

async function seed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create table item (id integer primary key, name text not null, score integer not null)')
  await client.query(`insert into item select i, 'name ' || i, 0 from generate_series(1, ${ROW_COUNT}) i`)
  await client.query('analyze item')
  await client.end()
}

async function verify(name: string, contender: PostgresContender): Promise<void> {
  await contender.transaction(1)
  if ((await contender.pointSelect(42)) !== 'name 42') throw new Error(`${name} gives a wrong answer`)
}

function formatRow(name: PostgresRowName, concurrency: number, times: ReadonlyMap<string, number>): string {
  const [base = Number.NaN] = times.values()
  const cells = [...times.values()].map((ms) => (ms / base).toFixed(2))
  const target = concurrency === 1 ? POSTGRES_ROWS[name].target : TARGET_AT_32
  return `| ${name} × ${concurrency} | ${(base * 1000).toFixed(0)} µs | ${cells.join(' | ')} | ≤ ${target} |`
}

const database = await createPostgresDatabase('newest')
try {
  await seed(database.directUrl)
  const contenders = new Map<string, PostgresContender>()
  for (const [name, open] of Object.entries(CONTENDERS)) {
    const contender = await open(database.directUrl)
    await verify(name, contender)
    contenders.set(name, contender)
  }
  const lines: string[] = []
  for (const name of Object.keys(POSTGRES_ROWS) as PostgresRowName[]) {
    for (const concurrency of [1, 32]) {
      lines.push(formatRow(name, concurrency, await measureRow(name, concurrency, contenders, options)))
    }
  }
  for (const contender of contenders.values()) await contender.close()
  const times = values.quick ? 5 : 50
  const random = createRandom(Math.floor(Math.random() * SEED_LIMIT))
  const aborts = await measureAborts(database.directUrl, times, random)
  const names = [...contenders.keys()]
  const section = [
    '## Queries on Postgres',
    '',
    `Time per call, pg with named statements = 1, the median of ${options.rounds} slices of ${options.sliceMs} ms in turn, after`,
    `${options.warmUpRounds} that warm up; 10 connections each; the server is on the same machine and flushes nothing. The target is that of`,
    'Upkeep.',
    '',
    `| × at once | of pg | ${names.join(' | ')} | target |`,
    `|---|${'---|'.repeat(names.length + 2)}`,
    ...lines,
    '',
    describeMachine(),
    '',
    formatAborts(aborts, times),
  ].join('\n')
  process.stdout.write(`${section}\n`)
  if (!values.quick) writeSection('postgres', section)
} finally {
  await database.drop()
}
// The server that this process keeps ends with it.
process.exit()
