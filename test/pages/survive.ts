// node test/pages/survive.ts [count]: 50 reloads, 50 ends of tabs and workers and 100 hand-overs, in a page without
// isolation and in one with it. Prints what was lost and how long reopening took; fails if anything was.
import { chromium } from 'playwright'
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.ts'
import { servePage } from './serve-page.ts'
import { type Survival, SurvivalCourse } from './survival.ts'

const count = Number(process.argv[2] ?? 50)
await using page = await servePage()
const browser = await chromium.launch({ executablePath: await findChromium(), args: [...CHROMIUM_FLAGS] })
try {
  for (const [kind, url] of [
    ['without isolation', page.url],
    ['isolated', page.isolatedUrl],
  ] as const) {
    const course = new SurvivalCourse(browser, url, Math.random)
    tell(`${kind}, ${count} reloads`, await course.reloads(count))
    tell(`${kind}, ${count} ends`, await course.kills(count))
    tell(`${kind}, ${2 * count} hand-overs`, await course.handOvers(2 * count))
  }
} finally {
  await browser.close()
}

function tell(what: string, { faults, reopenMs, acknowledgedCount }: Survival): void {
  const sorted = reopenMs.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN)
  console.log(
    `${what}: ${faults.length} faults, ${acknowledgedCount} acknowledged rows, reopened in ${at(0.5)} ms (p95 ${at(0.95)})`,
  )
  for (const fault of faults) console.log(`  ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}
