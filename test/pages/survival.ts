// What a database in OPFS must survive: reloads, ends of tabs and of workers in the middle of what they do, hand-overs
// from tab to tab. Each answers what it found wrong, and how long it took to have the database again.
import type { Browser, BrowserContext, Page } from 'playwright'
import type { StorePage } from './page/main.ts'

/** How often each is done. */
export interface SurvivalCounts {
  readonly reloads: number
  readonly kills: number
  readonly handOvers: number
}

/** What came of one of them. */
export interface Survival {
  /** One line for each loss, and for each database that is not whole. */
  readonly faults: readonly string[]
  /** From the beginning of the navigation until the store was open again. */
  readonly reopenMs: readonly number[]
  /** Rows whose commit was acknowledged. */
  readonly acknowledgedCount: number
}

const FILLING = { rows: 400, bytes: 4000 }
const HURRIED_MS = 120

/** A tab, and what it can be told. */
interface Tab {
  readonly tab: Page
  call<K extends keyof StorePage>(
    name: K,
    ...parameters: Parameters<StorePage[K]>
  ): Promise<Awaited<ReturnType<StorePage[K]>>>
}

export class SurvivalCourse {
  readonly #browser: Browser
  readonly #url: string
  readonly #random: () => number

  constructor(browser: Browser, url: string, random: () => number) {
    this.#browser = browser
    this.#url = url
    this.#random = random
  }

  /** The page is loaded again while it writes, and while it vacuums. */
  reloads(count: number): Promise<Survival> {
    return this.#course(count, async (tab) => {
      await tab.tab.reload()
      return tab
    })
  }

  /** In turn the tab and its worker are ended while they write, and while they vacuum. */
  kills(count: number): Promise<Survival> {
    let turn = 0
    return this.#course(count, async (tab, openTab) => {
      if (turn++ % 2 === 0) {
        await crash(tab.tab)
        return openTab()
      }
      await tab.call('endWorkers')
      return tab
    })
  }

  async #course(count: number, end: (tab: Tab, openTab: () => Promise<Tab>) => Promise<Tab>): Promise<Survival> {
    const name = `survival-${crypto.randomUUID()}`
    const ids = new Set<number>()
    const faults: string[] = []
    const reopenMs: number[] = []
    const context = await this.#browser.newContext()
    try {
      const openTab = (): Promise<Tab> => this.#openTab(context, ids)
      let tab = await openTab()
      await tab.call('open', name)
      await tab.call('fill', FILLING.rows, FILLING.bytes)
      for (let round = 0; round < count; round++) {
        await tab.call('write', ids.size === 0 ? 1 : Math.max(...ids) + 1000)
        if (round % 4 >= 2) await tab.call('vacuum')
        await new Promise((resolve) => setTimeout(resolve, 20 + this.#random() * HURRIED_MS))
        tab = await end(tab, openTab)
        const { sinceNavigationMs } = await tab.call('open', name)
        reopenMs.push(sinceNavigationMs)
        faults.push(...(await lossesOf(tab, ids)).map((fault) => `round ${round}: ${fault}`))
      }
      return { faults, reopenMs, acknowledgedCount: ids.size }
    } finally {
      await context.close()
    }
  }

  /** One tab closes, or is ended, while another one waits to open. */
  async handOvers(count: number): Promise<Survival> {
    const name = `hand-over-${crypto.randomUUID()}`
    const ids = new Set<number>()
    const faults: string[] = []
    const reopenMs: number[] = []
    const context = await this.#browser.newContext()
    try {
      let owner = await this.#openTab(context, ids)
      await owner.call('open', name)
      await owner.call('fill', 0, 1)
      for (let round = 0; round < count; round++) {
        await owner.call('write', ids.size === 0 ? 1 : Math.max(...ids) + 1000)
        const next = await this.#openTab(context, ids)
        const isKill = round % 2 === 1
        const opening = next.call('open', name, 20_000)
        await new Promise((resolve) => setTimeout(resolve, this.#random() * HURRIED_MS))
        if (isKill) await crash(owner.tab)
        else await owner.call('close')
        reopenMs.push((await opening).openMs)
        if (!isKill) await owner.tab.close()
        owner = next
        faults.push(...(await lossesOf(owner, ids)).map((fault) => `hand-over ${round}: ${fault}`))
      }
      return { faults, reopenMs, acknowledgedCount: ids.size }
    } finally {
      await context.close()
    }
  }

  async #openTab(context: BrowserContext, ids: Set<number>): Promise<Tab> {
    const tab = await context.newPage()
    await tab.exposeFunction('acknowledged', (id: number) => void ids.add(id))
    await tab.goto(this.#url)
    return {
      tab,
      call: (name, ...parameters) =>
        tab.evaluate(
          ([method, values]) => {
            const { storePage } = globalThis as unknown as { storePage: Record<string, (...all: unknown[]) => unknown> }
            return storePage[method]?.(...values)
          },
          [name, parameters] as [string, unknown[]],
        ) as never,
    }
  }
}

/** The renderer's process ends, as if it had failed. */
async function crash(tab: Page): Promise<void> {
  const session = await tab.context().newCDPSession(tab)
  const gone = new Promise((resolve) => tab.once('crash', resolve))
  // Nobody is left to answer.
  void session.send('Page.crash').catch(() => undefined)
  await gone
  await tab.close()
}

/** A row may be there that nobody has heard of; one that was acknowledged must be. */
async function lossesOf(tab: Tab, ids: ReadonlySet<number>): Promise<string[]> {
  const { ids: found, integrity } = await tab.call('contents')
  const known = new Set(found)
  const lost = [...ids].filter((id) => !known.has(id))
  return [
    ...(lost.length > 0 ? [`${lost.length} rows are lost: ${lost.slice(0, 5).join(', ')}`] : []),
    ...(integrity === 'ok' ? [] : [`the integrity check says ${integrity}`]),
  ]
}
