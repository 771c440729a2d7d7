/** The dedicated worker of a database in the browser. */
import { browser } from './browser-scope.ts'
import { serveWasm } from './wasm-host.ts'

serveWasm(
  {
    post: (message) => browser.postMessage(message),
    onMessage: (listener) => browser.addEventListener('message', ({ data }) => listener(data)),
    // It ends with the page that started it, or by it.
    onGone: () => undefined,
  },
  undefined,
)
