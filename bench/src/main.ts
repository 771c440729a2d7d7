/**
 * `pnpm bench`: Upkeep beside the raw driver and its peers, on one machine, in one run.
 *
 * Prints a Markdown table and, when everything was run in full, writes it to docs/benchmarks.md. It exits with 0 whatever
 * the figures are: noisy machines must not break a build; it fails only if a contender gives wrong answers.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeSection } from './benchmarks-document.ts'
import type { Settings } from './contenders/contender.ts'
import { CONTENDER_NAMES, type ContenderName, isContenderName } from './contenders/registry.ts'
import { databaseFolder, describeMachine } from './machine.ts'
import { formatProfile } from './profile.ts'
import { type ContenderProcess, startContender } from './queries/contender-process.ts'
import { formatResults, formatSection, type ReportInput } from './queries/report.ts'
import { type BenchRow, type Concurrency, findRow, ROWS } from './queries/rows.ts'
import { createSeedDatabase } from './queries/seed.ts'
import { longestRoundMs, type RowResult, runRow, type TournamentOptions, verifyAnswers } from './queries/tournament.ts'

const HELP = `pnpm bench [options]

  --quick               a look in 20 s, nothing written
  --only ROW,…          ${ROWS.map((row) => row.name).join(', ')}
  --contender NAME,…    ${CONTENDER_NAMES.join(', ')}
  --concurrency 1|32    only that many at once
  --durability full     synchronous=FULL for everybody
  --profile FOLDER      a CPU profile of each contender; its top entries are printed
`

interface BenchOptions {
  readonly quick: boolean
  readonly rows: readonly BenchRow[]
  readonly contenders: readonly ContenderName[]
  readonly concurrencies: readonly Concurrency[]
  readonly durability: 'normal' | 'full'
  readonly profileFolder: string | undefined
  /** Everything in full: only then the document is written. */
  readonly complete: boolean
}

const FULL: TournamentOptions = { rowMs: 5500, warmUpMs: 200, minRounds: 2 }
const QUICK: TournamentOptions = { rowMs: 400, warmUpMs: 50, minRounds: 2 }

function parseList<T>(value: string | undefined, all: readonly T[], parse: (name: string) => T): readonly T[] {
  return value === undefined ? all : value.split(',').map((name) => parse(name.trim()))
}

function parseContender(name: string): ContenderName {
  if (!isContenderName(name)) throw new Error(`unknown contender '${name}'; there are ${CONTENDER_NAMES.join(', ')}`)
  return name
}

function parseConcurrency(text: string): Concurrency {
  if (text !== '1' && text !== '32') throw new Error(`concurrency is 1 or 32, not '${text}'`)
  return text === '1' ? 1 : 32
}

function parseOptions(): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      contender: { type: 'string' },
      concurrency: { type: 'string' },
      durability: { type: 'string', default: 'normal' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const { durability, quick } = values
  if (durability !== 'normal' && durability !== 'full')
    throw new Error(`durability is normal or full, not '${durability}'`)
  const narrowed = values.only ?? values.contender ?? values.concurrency ?? values.profile
  return {
    quick,
    rows: parseList(values.only, ROWS, findRow),
    contenders: parseList(values.contender, CONTENDER_NAMES, parseContender),
    concurrencies: parseList(values.concurrency, [1, 32], parseConcurrency),
    durability,
    profileFolder: values.profile,
    complete: !quick && durability === 'normal' && narrowed === undefined,
  }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function startContenders(options: BenchOptions, folder: string): Promise<readonly ContenderProcess[]> {
  const seed = join(folder, 'seed.db')
  createSeedDatabase(seed)
  const started: ContenderProcess[] = []
  for (const name of options.contenders) {
    const path = join(folder, `${name}.db`)
    copyFileSync(seed, path)
    const { durability, profileFolder } = options
    started.push(await startContender(name, { path, durability, profileFolder }))
  }
  return started
}

async function runRows(options: BenchOptions, contenders: readonly ContenderProcess[]): Promise<readonly RowResult[]> {
  const takingPart = await verifyAnswers(contenders, options.rows)
  const results: RowResult[] = []
  for (const row of options.rows) {
    for (const concurrency of options.concurrencies) {
      if (row.calls[concurrency] === undefined || (options.quick && row.heavy && concurrency > 1)) continue
      const tournament = options.quick ? QUICK : FULL
      const result = await runRow(row, concurrency, takingPart.get(row) ?? [], tournament)
      results.push(result)
      tell(
        `${row.name} × ${concurrency}: ${result.rounds} rounds, longest slice ${longestRoundMs(result).toFixed(0)} ms`,
      )
    }
  }
  return results
}

async function run(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(databaseFolder(), 'upkeep-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const interrupt = (): never => process.exit(130)
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)

  const contenders = await startContenders(options, folder)
  const settings = new Map<ContenderName, Settings>()
  for (const { name, child } of contenders) settings.set(name, await child.ask('settings', null))
  const results = await runRows(options, contenders)
  for (const { child } of contenders) {
    await child.ask('close', null)
    await child.stop()
  }

  const machine = describeMachine()
  const input: ReportInput = {
    results,
    contenders: options.contenders,
    settings,
    machine,
    durability: options.durability,
  }
  process.stdout.write(`${formatResults(input)}\n\n${machine}\n`)
  if (options.complete) writeSection('queries', formatSection(input))
  if (options.profileFolder !== undefined) {
    for (const name of options.contenders) process.stdout.write(`\n${formatProfile(options.profileFolder, name)}\n`)
  }
}

const startedAt = performance.now()
const options = parseOptions()
if (options === undefined) {
  process.stdout.write(HELP)
} else {
  await run(options)
  tell(`done in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}
