// The other end of client-process.ts: node client-child.ts <run> <location>
import { serveClient } from '../src/client/serve-client.ts'
import { resolveRun } from './runs.ts'

const [name = '', location = ''] = process.argv.slice(2)
const { openStore } = await resolveRun(name)

await serveClient(
  {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', listener),
  },
  () => openStore(location, {}),
)
