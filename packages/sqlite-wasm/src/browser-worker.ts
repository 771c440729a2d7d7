/** The dedicated worker of a database in the browser. */
import { browser } from './browser-scope.ts'
import { serveWasm } from './wasm-host.ts'
import { tellLife } from './worker-life.ts'

tellLife()

serveWasm(
  {
    post: (message) => browser.postMessage(message),
    onMessage: (listener) => browser.addEventListener('message', ({ data }) => listener(data)),
    // It ends with the page that started it, or by it.
    onGone: () => undefined,
  },
  undefined,
)
