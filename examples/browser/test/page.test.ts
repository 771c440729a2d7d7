// The built page in Chromium, on a plain static server: what a user does with it, and what it says when it cannot.
import { AxeBuilder } from '@axe-core/playwright'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import type { Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { CitiesServer, type Visitor } from './cities-page.ts'

const CITY_COUNT = '14,096'

let server: CitiesServer
let visitor: Visitor
let page: Page

beforeAll(async () => {
  server = await CitiesServer.start()
  visitor = await server.visitor()
}, 60_000)

afterAll(async () => {
  await visitor?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** A tab of its own for each test; the data is that of the tests before. */
beforeEach(async () => {
  page = await visitor.context.newPage()
  await page.goto(server.url)
  await page.getByText(`${CITY_COUNT} cities`).waitFor({ timeout: 30_000 })
}, 40_000)

afterEach(async () => {
  await page.close()
})

function status(id: string): Promise<string | null> {
  return page.locator(`#${id}`).textContent()
}

/** In one turn of the page's loop, as a quick hand could not. */
async function inOneTurn(script: string): Promise<void> {
  await page.evaluate(`(() => { ${script} })()`)
}

async function find(text: string, city: string): Promise<void> {
  await page.getByRole('searchbox').fill(text)
  await page.getByRole('button', { name: `Edit ${city}`, exact: true }).waitFor()
}

async function setPopulation(population: number): Promise<void> {
  await find('vienna', 'Vienna, Austria')
  await page.getByRole('button', { name: 'Edit Vienna, Austria', exact: true }).click()
  await page.getByLabel('Inhabitants').fill(String(population))
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

/** Of Vienna, as it is shown. */
async function population(): Promise<string | null> {
  await find('vienna', 'Vienna, Austria')
  return page.locator('.result', { hasText: 'Austria' }).locator('.population').first().textContent()
}

async function seriousProblems(): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id)
}

it('finds cities by any of their names, as one types', async () => {
  await page.getByRole('searchbox').pressSequentially('wien')
  await expect.poll(() => status('search-status')).toContain('for “wien”')
  const first = page.locator('.result').first()
  expect(await first.locator('.name').textContent()).toBe('Vienna')
  expect(await first.locator('.country').textContent()).toBe('Austria')
})

it('a keystroke stops the search before it', async () => {
  // A machine may be quick enough to end the first one before it is asked to stop.
  const type = (text: string): string => `field.value = '${text}'; field.dispatchEvent(new Event('input'));`
  await inOneTurn(
    `const field = document.getElementById('search'); ${type('a')} ${type('an')} ${type('and')} ${type('vienna')}`,
  )
  await expect.poll(() => status('search-status')).toMatch(/for “vienna”.* [1-9] search(es)? stopped/)
})

it('an edit is seen at once, gives the focus back, and is there after a reload', async () => {
  await setPopulation(1_700_001)
  await expect.poll(() => page.evaluate('document.activeElement.ariaLabel')).toBe('Edit Vienna, Austria')
  await expect.poll(population).toBe('1,700,001')
  await page.reload()
  expect(await population()).toBe('1,700,001')
})

it('maintains, with progress, and tells what it has done', async () => {
  await page.getByRole('button', { name: 'Maintain' }).click()
  await page.getByRole('progressbar', { name: 'Maintenance' }).waitFor()
  await expect.poll(() => status('maintain-status'), { timeout: 30_000 }).toMatch(/^Done in/)
  expect(await page.locator('.step.done').count()).toBeGreaterThan(4)
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('maintain')
}, 40_000)

it('an abort stops the maintenance, and the database goes on', async () => {
  await page.getByRole('button', { name: 'Maintain' }).click()
  await expect.poll(() => status('maintain-status'), { timeout: 20_000, interval: 5 }).toMatch(/…$/)
  await page.getByRole('button', { name: 'Abort' }).click()
  await expect.poll(() => status('maintain-status'), { timeout: 10_000 }).toMatch(/^Aborted/)
  await find('vienna', 'Vienna, Austria')
}, 40_000)

it('goes out as a file that any SQLite reads, and comes in again', async () => {
  await setPopulation(1_000_001)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('cities.sqlite')
  const path = await download.path()
  {
    await using copy = await openSqliteStore({ path, readOnly: true })
    const { rows } = await sql`select count(*) as cities from city`.execute(copy.db)
    expect(rows).toEqual([{ cities: Number(CITY_COUNT.replace(',', '')) }])
  }
  await setPopulation(2_000_002)
  await page.getByLabel('Import a file').setInputFiles(path)
  await expect.poll(() => status('transfer-status'), { timeout: 20_000 }).toMatch(/^Imported/)
  await expect.poll(population).toBe('1,000,001')
}, 40_000)

it('a file that is no database is refused, and nothing is lost', async () => {
  const file = { name: 'letter.db', mimeType: 'text/plain', buffer: Buffer.from('Dear database') }
  await page.getByLabel('Import a file').setInputFiles(file)
  await expect.poll(() => status('transfer-status')).toContain('no SQLite database')
  await find('vienna', 'Vienna, Austria')
})

it('a second tab is told that the first one has it, and goes on when that is closed', async () => {
  const second = await visitor.context.newPage()
  await second.goto(server.url)
  await second.getByRole('heading', { name: 'Open in another tab' }).waitFor()
  expect(await second.locator('#state-detail').textContent()).toMatch(/^BUSY/)
  await page.close()
  await second.getByRole('button', { name: 'Try again' }).click()
  await second.getByText(`${CITY_COUNT} cities`).waitFor()
  page = second
})

it('a browser that gives it no storage is told apart', async () => {
  const insecure = await visitor.context.newPage()
  await insecure.goto(server.url.replace('127.0.0.1', 'cities.test'))
  await insecure.getByRole('heading', { name: 'No storage here' }).waitFor()
  expect(await insecure.locator('#state-detail').textContent()).toMatch(/^UNSUPPORTED/)
  await insecure.close()
})

it('a full storage is told, and what is there can be used', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ])
  const devtools = await visitor.context.newCDPSession(page)
  const { origin } = new URL(server.url)
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin })
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 1_000_000 })
  try {
    await page.getByLabel('Import a file').setInputFiles(await download.path())
    await page.getByRole('heading', { name: 'The storage is full' }).waitFor()
    expect(await page.locator('#state-detail').textContent()).toMatch(/^FULL/)
    expect(await seriousProblems()).toEqual([])
    await find('vienna', 'Vienna, Austria')
  } finally {
    await devtools.send('Storage.overrideQuotaForOrigin', { origin })
  }
}, 40_000)

it('axe finds nothing serious, at rest and in the dialog', async () => {
  expect(await seriousProblems()).toEqual([])
  await find('vienna', 'Vienna, Austria')
  await page.getByRole('button', { name: 'Edit Vienna, Austria', exact: true }).click()
  expect(await seriousProblems()).toEqual([])
})
