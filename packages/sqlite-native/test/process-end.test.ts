// The ends of a process: the recipe for SIGTERM, as an example to copy, and ends without any recipe. What was
// acknowledged is there, no maintenance process stays behind, and the database is whole.
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { turns } from '../../core/test/support/outcome.ts'
import { createBlobDatabase } from './support/blob-database.ts'
import { canCountChildren, isRunning, maintenanceChild, maintenanceChildren } from './support/maintenance-children.ts'
import { startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

/** An application that writes and says what was acknowledged, until it is told to end. The recipe is in its middle. */
const application = (path: string): string => `
  import { isStoreError } from '@upkeep/core'
  import { openSqliteStore } from '@upkeep/sqlite-native'
  import { sql } from 'kysely'

  const store = await openSqliteStore({ path: ${JSON.stringify(path)} })
  await sql\`create table if not exists entry (id integer primary key)\`.execute(store.db)

  process.once('SIGTERM', async () => {
    const { clean } = await store.close({ drainMs: 2000 })
    process.exit(clean ? 0 : 1)
  })

  for (let id = 1; ; id++) {
    try {
      await sql\`insert into entry (id) values (\${id})\`.execute(store.db)
    } catch (error) {
      if (isStoreError(error) && error.code === 'CLOSED') break
      throw error
    }
    console.log(id)
  }`

async function entries(path: string): Promise<number> {
  const store = await openSqliteStore({ path })
  const { rows } = await sql<{ n: number }>`select count(*) as n from entry`.execute(store.db)
  await store.close()
  return rows[0]?.n ?? 0
}

describe('an application that writes', () => {
  it('on SIGTERM closes its store and exits with 0: every acknowledged write is there, no log is left', async () => {
    const { path, files } = tempFolder()
    const { child, finished, line } = startNode(application(path('app.db')))
    for (let count = 0; count < 20; count++) await line()
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await finished
    expect([code, stderr]).toEqual([0, ''])
    expect(files().filter((name) => /-(?:wal|shm|journal)$/.test(name))).toEqual([])
    const acknowledged = stdout.trim().split('\n').length
    expect(await entries(path('app.db'))).toBeGreaterThanOrEqual(acknowledged)
  })

  it('killed without warning has lost nothing that was acknowledged', async () => {
    const { path } = tempFolder()
    const { child, finished, line } = startNode(application(path('app.db')))
    for (let count = 0; count < 20; count++) await line()
    child.kill('SIGKILL')
    const { stdout } = await finished
    // The last line may be cut in two.
    const acknowledged = stdout.split('\n').length - 1
    expect(await entries(path('app.db'))).toBeGreaterThanOrEqual(acknowledged)
  })
})

/** An application that ends in the middle of a full VACUUM. */
const vacuuming = (path: string, end: string): string => `
  import { openSqliteStore } from '@upkeep/sqlite-native'
  const store = await openSqliteStore({ path: ${JSON.stringify(path)} })
  let said = false
  const onProgress = ({ step }) => {
    if (step !== 'vacuum' || said) return
    said = true
    console.log('vacuum')
  }
  process.stdin.once('data', () => { ${end} })
  await store.maintenance({ mode: 'full', maxWriteWaitMs: false, onProgress }).catch(() => undefined)`

describe.runIf(canCountChildren)('an application that ends during a full VACUUM', () => {
  it.each([
    ['is killed', ''],
    ['calls process.exit()', 'process.exit(3)'],
    ['closes its store', 'void store.close().then(() => process.exit(3))'],
  ])('%s: no maintenance process is left, and the database is whole', async (_how, end) => {
    const path = await createBlobDatabase(tempFolder().path('app.db'), 6_000)
    const { child, finished, line } = startNode(vacuuming(path, end))
    await line()
    await maintenanceChild(child.pid)
    const pids = maintenanceChildren(child.pid)
    if (end === '') child.kill('SIGKILL')
    else child.stdin?.write('end\n')
    await finished
    while (pids.some((pid) => isRunning(pid))) await turns(1)
    const store = await openSqliteStore({ path })
    expect((await store.maintenance({ steps: ['integrity'], integrity: 'full' })).outcome).toBe('ok')
    expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 6_000 }])
    await sql`insert into t values (1)`.execute(store.db)
    await store.close()
  })
})
