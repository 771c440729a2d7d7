// A process that ends while threads of a store load, or run a statement that would never end: it ends, and in peace.
import { describe, expect, it } from 'vitest'
import { runNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

const ENDLESS = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'

const application = (path: string, end: string): string => `
  import { openSqliteStore } from '@upkeep/sqlite-native'
  import { sql } from 'kysely'

  const store = await openSqliteStore({ path: ${JSON.stringify(path)}, pool: { warm: 1 } })
  const endless = sql.raw(${JSON.stringify(ENDLESS)}).execute(store.withTimeout(false)).catch(() => undefined)
  const running = new Promise((resolve) => {
    const look = () => (store.stats().engine.executors.worker > 0 ? resolve() : setTimeout(look, 1))
    look()
  })
  ${end}`

describe('a process that ends', { timeout: 60_000 }, () => {
  it.each([
    ['while threads are still loading', "await store.transaction(async () => process.exit(7), { executor: 'inline' })"],
    ['as soon as a store is open', 'process.exit(7)'],
    ['while a worker runs a statement without end', 'await running; setTimeout(() => process.exit(7), 50)'],
  ])('%s exits with its own code and prints nothing', async (_, end) => {
    const { path } = tempFolder()
    const { code, signal, stdout, stderr } = await runNode(application(path('app.db'), end), { timeoutMs: 50_000 })
    expect({ code, signal, stdout, stderr }).toEqual({ code: 7, signal: null, stdout: '', stderr: '' })
  })

  it('by itself, with a warm worker that has nothing to do', async () => {
    const { path } = tempFolder()
    const script = `
      import { openSqliteStore } from '@upkeep/sqlite-native'
      const store = await openSqliteStore({ path: ${JSON.stringify(path('app.db'))}, pool: { warm: 1 } })
      await store.transaction(async () => undefined, { executor: 'worker' })`
    expect(await runNode(script, { timeoutMs: 50_000 })).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
  })
})
