/**
 * `pnpm bench:maintenance`: maintenance beside live traffic, aborted, in the way of writers, and among many processes.
 *
 * Prints Markdown and, when everything was run in full, writes it to docs/benchmarks.md. It exits with 0 whatever the
 * figures are; it fails only if a scenario could not be run.
 */
import { parseArgs } from 'node:util'
import { writeSection } from './benchmarks-document.ts'
import { describeMachine } from './machine.ts'
import { type AutoResult, runAutoBesideTraffic } from './maintenance/auto-beside-traffic.ts'
import { type CrowdResult, runCrowd } from './maintenance/crowd.ts'
import {
  type AbortResult,
  abortFullVacuum,
  timeFullVacuum,
  type VacuumTiming,
  type WriterResult,
  writeDuringVacuum,
} from './maintenance/full-vacuum.ts'
import type { Durability } from './maintenance/protocols.ts'
import { formatMaintenance } from './maintenance/report.ts'
import { documentCount } from './maintenance/schema.ts'
import { createWorkshop, fileSizeBytes, startHost, startProbe, tell, type Workshop } from './maintenance/workshop.ts'

const SCENARIOS = ['auto', 'abort', 'writer', 'crowd'] as const
const DURABILITIES: readonly Durability[] = ['full', 'normal']
type Scenario = (typeof SCENARIOS)[number]

const HELP = `pnpm bench:maintenance [options]

  --quick               a small database and short times, nothing written
  --only NAME,…         ${SCENARIOS.join(', ')}
  --durability NAME     full or normal, for the scenario auto; both if not given
`

const FULL = { sizeBytes: 300 * 2 ** 20, restMs: 4000, crowdMs: 8000, shares: [0.1, 0.3, 0.5, 0.7, 0.9] }
const QUICK = { sizeBytes: 60 * 2 ** 20, restMs: 1000, crowdMs: 2000, shares: [0.3, 0.7] }

function parseScenarios(text: string | undefined): readonly Scenario[] {
  if (text === undefined) return SCENARIOS
  return text.split(',').map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate === name.trim())
    if (scenario === undefined) throw new Error(`unknown scenario '${name}'; there are ${SCENARIOS.join(', ')}`)
    return scenario
  })
}

function parseDurabilities(text: string | undefined): readonly Durability[] {
  if (text === undefined) return DURABILITIES
  if (text !== 'normal' && text !== 'full') throw new Error(`durability is normal or full, not '${text}'`)
  return [text]
}

async function buildBase(workshop: Workshop): Promise<void> {
  const host = await startHost()
  const { elapsedMs } = await host.ask('build', { path: workshop.basePath, count: workshop.documentCount })
  await host.stop()
  const probe = await startProbe()
  await probe.ask('open', { path: workshop.basePath })
  const { autoVacuum, freePageCount, pageCount } = await probe.ask('inspect', null)
  await probe.ask('close', null)
  await probe.stop()
  const free = freePageCount / pageCount
  if (autoVacuum !== 2) throw new Error(`auto_vacuum is ${autoVacuum}, not INCREMENTAL`)
  if (free < 0.4) throw new Error(`only ${(free * 100).toFixed(0)} % of the pages are free`)
  const size = (fileSizeBytes(workshop.basePath) / 2 ** 20).toFixed(0)
  tell(`built ${size} MiB in ${(elapsedMs / 1000).toFixed(1)} s, ${(free * 100).toFixed(0)} % of its pages free`)
}

async function run(quick: boolean, scenarios: readonly Scenario[], durabilities: readonly Durability[]): Promise<void> {
  const { sizeBytes, restMs, crowdMs, shares } = quick ? QUICK : FULL
  const workshop = createWorkshop(documentCount(sizeBytes))
  await buildBase(workshop)

  const autos: AutoResult[] = []
  let vacuum: VacuumTiming | undefined
  const aborts: AbortResult[] = []
  let writer: WriterResult | undefined
  let crowd: CrowdResult | undefined
  if (scenarios.includes('auto')) {
    for (const durability of durabilities) autos.push(await runAutoBesideTraffic(workshop, restMs, durability))
  }
  if (scenarios.includes('abort') || scenarios.includes('writer')) vacuum = await timeFullVacuum(workshop)
  if (vacuum !== undefined && scenarios.includes('abort')) {
    for (const share of shares) aborts.push(await abortFullVacuum(workshop, vacuum, share))
  }
  if (vacuum !== undefined && scenarios.includes('writer')) writer = await writeDuringVacuum(workshop, vacuum)
  if (scenarios.includes('crowd')) crowd = await runCrowd(workshop, crowdMs)

  const markdown = formatMaintenance({
    autos,
    vacuum,
    aborts,
    writer,
    crowd,
    machine: describeMachine(),
    sizeBytes: fileSizeBytes(workshop.basePath),
  })
  process.stdout.write(markdown)
  if (!quick && scenarios === SCENARIOS && durabilities === DURABILITIES) writeSection('maintenance', markdown)
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    durability: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const startedAt = performance.now()
if (values.help) {
  process.stdout.write(HELP)
} else {
  await run(values.quick, parseScenarios(values.only), parseDurabilities(values.durability))
  tell(`done in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
}
