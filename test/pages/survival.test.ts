// A bounded part of the course that `pnpm survive` runs in full, in a browser of its own.
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.ts'
import { type ServedPage, servePage } from './serve-page.ts'
import { SurvivalCourse } from './survival.ts'

const COUNT = 4

let page: ServedPage
let browser: Browser
let course: SurvivalCourse

beforeAll(async () => {
  page = await servePage()
  browser = await chromium.launch({ executablePath: await findChromium(), args: [...CHROMIUM_FLAGS] })
  course = new SurvivalCourse(browser, page.url, Math.random)
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await page?.[Symbol.asyncDispose]()
})

it.each(['reloads', 'kills', 'handOvers'] as const)(
  '%s lose nothing that was acknowledged',
  async (name) => {
    const { faults, reopenMs, acknowledgedCount } = await course[name](COUNT)
    expect(faults).toEqual([])
    expect(reopenMs.length).toBe(COUNT)
    expect(acknowledgedCount).toBeGreaterThan(0)
  },
  60_000,
)
