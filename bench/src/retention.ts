/**
 * `pnpm bench:retention`: a million rows under retention beside live traffic, and a retention whose process is killed
 * again and again.
 *
 * Prints Markdown. It exits with 0 whatever the times are; it fails where a row was lost to `onDeleted`.
 */
import { parseArgs } from 'node:util'
import { writeSection } from './benchmarks-document.ts'
import { describeMachine } from './machine.ts'
import type { Durability } from './maintenance/protocols.ts'
import { createWorkshop, tell } from './maintenance/workshop.ts'
import { type BesideTrafficResult, buildRetained, runBesideTraffic } from './retention/beside-traffic.ts'
import { type CrashLoopResult, runCrashLoop } from './retention/crash-loop.ts'
import { formatRetention } from './retention/report.ts'

const HELP = `pnpm bench:retention [options]

  --quick               50,000 rows and 4 kills
  --only NAME           traffic or crash
`

const FULL = {
  eventCount: 1_000_000,
  documentCount: 20_000,
  restMs: 4000,
  crashEventCount: 400_000,
  kills: 20,
  maxTurns: 250,
}
const QUICK = { eventCount: 50_000, documentCount: 2000, restMs: 1000, crashEventCount: 20_000, kills: 4, maxTurns: 40 }

const VARIANTS: readonly (readonly [withCallback: boolean, durability: Durability])[] = [
  [false, 'full'],
  [true, 'full'],
  [true, 'normal'],
]

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  process.stdout.write(HELP)
} else {
  const size = values.quick ? QUICK : FULL
  const workshop = createWorkshop(size.documentCount)
  const besideTraffic: BesideTrafficResult[] = []
  let crashLoop: CrashLoopResult | undefined
  if (values.only !== 'crash') {
    await buildRetained(workshop.basePath, size)
    tell(`built ${size.eventCount} rows`)
    for (const [withCallback, durability] of VARIANTS) {
      const path = workshop.copyBase('retained.db')
      besideTraffic.push(await runBesideTraffic(path, size, withCallback, durability))
      workshop.remove(path)
    }
  }
  if (values.only !== 'traffic') {
    const path = workshop.path('crash.db')
    await buildRetained(path, { ...size, eventCount: size.crashEventCount, documentCount: 1 })
    const { kills, maxTurns } = size
    crashLoop = await runCrashLoop({ path, toldPath: workshop.path('told.txt'), kills, maxTurns, random: Math.random })
  }
  const { eventCount } = size
  const markdown = formatRetention({ machine: describeMachine(), eventCount, besideTraffic, crashLoop })
  process.stdout.write(markdown)
  // A part, or a small run, must not stand for the whole.
  if (!values.quick && values.only === undefined) writeSection('retention', markdown)
  if (crashLoop !== undefined && crashLoop.lostCount + crashLoop.wronglyToldCount > 0) process.exitCode = 1
}
