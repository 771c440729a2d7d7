// The built page on a static server of its own, in Chromium: what its tests have in common.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium } from 'playwright'
import { build, preview } from 'vite'
import { CHROMIUM_FLAGS, findChromium } from '../../../scripts/chromium.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A name that is not the loopback's: without https it gives a page no storage. */
const RULES = '--host-resolver-rules=MAP cities.test 127.0.0.1'

/** A profile of its own, with data and a quota of its own. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext
}

export class CitiesServer implements AsyncDisposable {
  readonly url: string
  readonly #browser: Browser
  readonly #close: () => Promise<void>

  private constructor(url: string, browser: Browser, close: () => Promise<void>) {
    this.url = url
    this.#browser = browser
    this.#close = close
  }

  /** Builds the page as `npm run demo:web` does, into a folder of its own. */
  static async start(): Promise<CitiesServer> {
    const outDir = mkdtempSync(join(tmpdir(), 'upkeep-page-'))
    await build({ root, build: { outDir, emptyOutDir: true } })
    const server = await preview({
      root,
      build: { outDir },
      preview: { host: '127.0.0.1', port: 0, open: false, allowedHosts: ['cities.test'] },
    })
    const browser = await chromium.launch({ executablePath: await findChromium(), args: [...CHROMIUM_FLAGS, RULES] })
    const [url = ''] = server.resolvedUrls?.local ?? []
    return new CitiesServer(url, browser, async () => {
      await browser.close()
      await server.close()
      rmSync(outDir, { recursive: true, force: true })
    })
  }

  /** Who has never been here. */
  async visitor(): Promise<Visitor> {
    const context = await this.#browser.newContext({ acceptDownloads: true, viewport: { width: 1100, height: 900 } })
    return { context, [Symbol.asyncDispose]: () => context.close() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}
