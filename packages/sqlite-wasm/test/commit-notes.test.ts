// An engine that is served to several sides, as to the tabs of a browser: each that listens hears of all commits.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type Engine, systemClock } from '@upkeep/core'
import {
  type Channel,
  openRemoteSqlite,
  openSqliteEngine,
  type RemoteEngine,
  resolveSqliteOptions,
  serveEngine,
} from '@upkeep/core/sqlite'
import { CompiledQuery } from 'kysely'
import { expect, it } from 'vitest'
import { loadSqlite3 } from '../dist/sqlite3-module.js'
import { WasmPort } from '../dist/wasm-port.js'

const log = { warn: () => undefined, error: () => undefined }

async function openShared(): Promise<Engine> {
  return openSqliteEngine({
    name: 'shared',
    port: new WasmPort(await loadSqlite3(undefined), { vfs: null }),
    path: ':memory:',
    options: resolveSqliteOptions({}, [], 'open'),
    clock: systemClock,
    log,
  })
}

/** Another side, and how many messages it was sent. */
async function connect(engine: Engine): Promise<{ readonly remote: RemoteEngine; messageCount(): number }> {
  const { port1, port2 } = new MessageChannel()
  let count = 0
  const channel = (port: MessagePort, onMessage: () => void): Channel => ({
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', (message) => {
        onMessage()
        listener(message)
      })
    },
    onGone: () => undefined,
  })
  serveEngine(
    channel(port2, () => undefined),
    async () => engine,
  )
  const remote = await openRemoteSqlite({
    channel: channel(port1, () => count++),
    end: async () => port1.close(),
    options: {},
    clock: systemClock,
    log,
  })
  return { remote, messageCount: () => count }
}

const run = (engine: Engine, text: string): Promise<unknown> =>
  Promise.resolve(engine.execute(CompiledQuery.raw(text), {}))

it('each that listens hears of the commits of all, and who does not is sent nothing', async () => {
  const engine = await openShared()
  const [first, second, third] = [await connect(engine), await connect(engine), await connect(engine)]
  await run(first.remote, 'create table note (body)')
  const heard: string[] = []
  const end = first.remote.onChange((tables) => void heard.push(`first ${tables}`))
  second.remote.onChange((tables) => void heard.push(`second ${tables}`))
  // Answered once it is known over there who listens.
  await Promise.all([first.remote.ping({}), second.remote.ping({})])
  const silent = third.messageCount()
  await run(first.remote, "insert into note values ('one')")
  await second.remote.ping({})
  expect(heard.sort()).toEqual(['first note', 'second note'])
  expect(third.messageCount()).toBe(silent)
  end()
  await run(first.remote, "insert into note values ('two')")
  await second.remote.ping({})
  expect(heard.sort()).toEqual(['first note', 'second note', 'second note'])
  await first.remote.close()
  for (const { remote } of [second, third]) await remote.close().catch(() => undefined)
})
