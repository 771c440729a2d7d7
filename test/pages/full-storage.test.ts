// A storage with a quota that the browser enforces: what it says, and what is there afterwards.
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.ts'
import type { StorePage } from './page/main.ts'
import { type ServedPage, servePage } from './serve-page.ts'

const QUOTA_BYTES = 16 * 1024 * 1024
const INSERT = 'insert into filling (body) values (randomblob(20000))'
const INSERT_SMALL = 'insert into filling (body) values (randomblob(3000))'
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

type Call = (name: keyof StorePage, ...values: unknown[]) => Promise<any>

/** A page whose storage has a quota, with a store that has written until it was refused. */
async function fullPage(
  name: string,
): Promise<{ call: Call; allow: (bytes: number) => Promise<unknown>; rows: number }> {
  const tab = await browser.newPage()
  await tab.goto(served.url)
  const session = await tab.context().newCDPSession(tab)
  const { origin } = new URL(served.url)
  const allow = (quotaSize: number): Promise<unknown> =>
    session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
  const call: Call = (method, ...values) =>
    tab.evaluate(
      ([method, all]) => {
        const { storePage } = globalThis as unknown as { storePage: Record<string, (...all: unknown[]) => unknown> }
        return storePage[method]?.(...all)
      },
      [method, values] as [string, unknown[]],
    )
  await allow(QUOTA_BYTES)
  await call('open', name)
  await call('fill', 0, 1)
  return { call, allow, rows: await fillUp(call) }
}

/** To the last byte: where a large row is refused there may be room for a small one. Answers how many there were. */
async function fillUp(call: Call): Promise<number> {
  let rows = 0
  for (const insert of [INSERT, INSERT_SMALL]) {
    let code = await call('run', insert)
    for (; code === 'ok' && rows < MORE_THAN_FITS; rows++) code = await call('run', insert)
    expect(code).toBe('FULL')
  }
  return rows
}

it('FULL is said, nothing of what was there is lost, and with more room writing works again', async () => {
  const { call, allow, rows } = await fullPage('full')
  expect(await call('rows', 'select count(*) as n from filling')).toEqual([{ n: rows }])
  expect(await call('rows', 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  await allow(4 * QUOTA_BYTES)
  expect(await call('run', INSERT)).toBe('ok')
  await call('close')
})

it('where it is full rows can be deleted, again and again, maintenance gives the room back, and writing works', async () => {
  const { call } = await fullPage('deletes')
  expect(await call('run', 'delete from filling where id <= 10')).toBe('ok')
  await fillUp(call)
  expect(await call('run', 'delete from filling where id <= 20')).toBe('ok')
  await fillUp(call)
  expect(await call('runTogether', 'delete from filling where id <= 30', INSERT, INSERT, INSERT)).toBe('FULL')
  expect(await call('run', 'delete from filling where id <= 40')).toBe('ok')
  expect(await call('maintain')).toEqual({ outcome: 'ok' })
  expect(await call('run', INSERT)).toBe('ok')
  expect(await call('rows', 'select min(id) as first from filling')).toEqual([{ first: 41 }])
  expect(await call('rows', 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  await call('close')
})
