// A maintenance service in a process: it alone does not keep it alive, and the recipe for SIGTERM ends it in order.
import { openSqliteStore } from '@upkeep/sqlite-native'
import { describe, expect, it } from 'vitest'
import { startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

/** A server as it would be written: it works, is maintained, and ends on SIGTERM. */
const server = (path: string): string => `
  import { createMaintenanceService } from '@upkeep/core'
  import { openSqliteStore } from '@upkeep/sqlite-native'
  import { sql } from 'kysely'

  const store = await openSqliteStore({ path: ${JSON.stringify(path)} })
  await sql\`create table if not exists entry (id integer primary key, at text not null)\`.execute(store.db)

  const service = createMaintenanceService({
    store,
    initialDelayMs: 1,
    intervalMs: 1,
    tasks: [{
      name: 'old entries',
      async run({ store }) {
        const { numDeletedRows } = await store.db.deleteFrom('entry').where('at', '<', '2000').executeTakeFirst()
        return { counters: { deletedRowCount: Number(numDeletedRows) } }
      },
    }],
    onRun: ({ outcome }) => console.log(outcome),
  })
  service.start()

  const working = setInterval(() => sql\`insert into entry (at) values ('1999')\`.execute(store.db), 5)
  process.once('SIGTERM', async () => {
    clearInterval(working)
    const { clean } = await store.close()
    console.log(JSON.stringify({ clean, state: service.stats().state, failed: service.stats().runCount.failed }))
    process.exitCode = clean ? 0 : 1
  })`

describe('a maintenance service in a process', () => {
  it('alone lets the process end, also with a checkpoint loop and after a run', async () => {
    const { path, files } = tempFolder()
    const { finished, line } = startNode(`
      import { createMaintenanceService } from '@upkeep/core'
      import { openSqliteStore } from '@upkeep/sqlite-native'
      const store = await openSqliteStore({ path: ${JSON.stringify(path('app.db'))} })
      const byInterval = createMaintenanceService({ store, checkpoint: { intervalMs: 20 } })
      byInterval.start()
      const byCron = createMaintenanceService({ store, schedule: { cron: '0 3 * * *' } })
      byCron.start()
      await byInterval.runNow()
      console.log(byInterval.stats().state + ' ' + byCron.stats().state)`)
    expect(await line()).toBe('running running')
    const { code, stderr } = await finished
    expect([code, stderr]).toEqual([0, ''])
    expect(files()).toContain('app.db')
  })

  it('on SIGTERM the store stops it: the process ends by itself, clean', async () => {
    const { path } = tempFolder()
    const { child, finished, line } = startNode(server(path('app.db')))
    for (let run = 0; run < 3; run++) expect(await line()).toBe('ok')
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await finished
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({ clean: true, state: 'stopped', failed: 0 })
    const store = await openSqliteStore({ path: path('app.db') })
    expect(await store.lastMaintenance()).toBeInstanceOf(Date)
    await store.close()
  })
})
