/**
 * `npm run demo:web`: builds the page and serves it as any static server would, without the headers that isolate a page.
 *
 * Source: https://vite.dev/guide/static-deploy
 */
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

await build({ root })
const server = await preview({
  root,
  preview: { host: '127.0.0.1', port: Number(process.env.PORT ?? 4173), open: false },
})
const [url] = server.resolvedUrls?.local ?? []
console.log(`\nThe page is at ${url}\nCtrl-C ends it. Its data stays in the browser.`)
