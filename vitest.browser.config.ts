// The suite in a real browser, with the headers that give a page shared memory and without them. They import the built
// packages by their public names, so `pnpm build` comes first.
import { join } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_FLAGS, findChromium } from './scripts/chromium.ts'

// What the tests import is found from here.
const root = join(import.meta.dirname, 'test')
const launchOptions = { executablePath: await findChromium(), args: [...CHROMIUM_FLAGS] }

/** Source: https://web.dev/articles/coop-coep */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

function project(name: string, files: readonly string[], headers: Record<string, string>) {
  return {
    root,
    server: { headers },
    // Each worker loads the module by its own URL, next to which its WASM file lies.
    optimizeDeps: {
      exclude: ['@sqlite.org/sqlite-wasm', '@upkeep/core', '@upkeep/sqlite-wasm'],
      include: ['@upkeep/core > hdr-histogram-js', '@upkeep/core > croner', 'kysely', 'kysely/migration'],
    },
    test: {
      name,
      root,
      include: files.map((file) => `browser/${file}.test.ts`),
      // As in Node: thousands of small commits, on a machine that may be busy.
      testTimeout: 60_000,
      hookTimeout: 20_000,
      retry: 0,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions }),
        instances: [{ browser: 'chromium' as const }],
      },
    },
  }
}

export default defineConfig({
  test: {
    passWithNoTests: false,
    allowOnly: !process.env.CI,
    projects: [
      project('sqlite-wasm/opfs', ['sqlite-wasm-opfs', 'opfs-vacuum'], ISOLATION),
      project(
        'sqlite-wasm/opfs-no-isolation',
        ['sqlite-wasm-opfs-no-isolation', 'opfs-owner', 'opfs-versions', 'opfs-vacuum', 'opfs-transfer'],
        {},
      ),
    ],
  },
})
