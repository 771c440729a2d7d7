// A storage with a quota that the browser enforces: what it says, and what is there afterwards.
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.ts'
import type { StorePage } from './page/main.ts'
import { type ServedPage, servePage } from './serve-page.ts'

const QUOTA_BYTES = 4 * 1024 * 1024
/** Rows. */
const MORE_THAN_FITS = 1000

let served: ServedPage
let browser: Browser

beforeAll(async () => {
  served = await servePage()
  browser = await chromium.launch({ executablePath: await findChromium(), args: [...CHROMIUM_FLAGS] })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await served?.[Symbol.asyncDispose]()
})

it('FULL is said, nothing of what was there is lost, and with more room writing works again', async () => {
  const tab = await browser.newPage()
  await tab.goto(served.url)
  const session = await tab.context().newCDPSession(tab)
  const { origin } = new URL(served.url)
  const allow = (quotaSize: number): Promise<unknown> =>
    session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
  const call = (name: keyof StorePage, ...values: unknown[]): Promise<unknown> =>
    tab.evaluate(
      ([method, all]) => {
        const { storePage } = globalThis as unknown as { storePage: Record<string, (...all: unknown[]) => unknown> }
        return storePage[method]?.(...all)
      },
      [name, values] as [string, unknown[]],
    )
  await allow(QUOTA_BYTES)
  await call('open', 'full')
  await call('fill', 0, 1)
  const insert = 'insert into filling (body) values (randomblob(20000))'
  let written = 0
  let code = await call('run', insert)
  for (; code === 'ok' && written < MORE_THAN_FITS; written++) code = await call('run', insert)
  expect(code).toBe('FULL')
  expect(await call('rows', 'select count(*) as n from filling')).toEqual([{ n: written }])
  expect(await call('rows', 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  await allow(4 * QUOTA_BYTES)
  expect(await call('run', insert)).toBe('ok')
  await call('close')
})
