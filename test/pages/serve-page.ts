// Builds the page that the tests drive, as an application would be, and serves it from memory on the loopback.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build, type Rollup } from 'vite'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
}

/** Source: https://web.dev/articles/coop-coep */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** A page that is served. */
export interface ServedPage extends AsyncDisposable {
  /** Without isolation. */
  readonly url: string
  /** With the headers that give it shared memory; another origin, so it has other databases. */
  readonly isolatedUrl: string
}

export async function servePage(root: string = join(import.meta.dirname, 'page')): Promise<ServedPage> {
  const files = await buildPage(root)
  const plain = await serve(files, {})
  const isolated = await serve(files, ISOLATION)
  return {
    url: plain.url,
    isolatedUrl: isolated.url,
    async [Symbol.asyncDispose]() {
      await plain[Symbol.asyncDispose]()
      await isolated[Symbol.asyncDispose]()
    },
  }
}

async function buildPage(root: string): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const built = (await build({
    root,
    configFile: false,
    logLevel: 'error',
    base: './',
    build: { write: false, target: 'esnext', modulePreload: { polyfill: false } },
    worker: { format: 'es' },
  })) as Rollup.RollupOutput
  return new Map(
    built.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source] as const),
  )
}

async function serve(
  files: ReadonlyMap<string, string | Uint8Array>,
  headers: Record<string, string>,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const name = path === '/' ? '/index.html' : path
    const body = files.get(name)
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type, ...headers })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
