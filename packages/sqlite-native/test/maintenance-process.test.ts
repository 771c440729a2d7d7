// The process that maintenance runs long tasks in: what becomes of a task when that process is killed, cannot be
// started, is aborted. What the tasks do to the database is tested by the suite.
import { constants, copyFileSync, writeFileSync } from 'node:fs'
import { SQLITE_DEFAULTS } from '@upkeep/core/sqlite'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { codeOf, track, turns } from '../../core/test/support/outcome.ts'
import { MaintenanceProcess } from '../dist/maintenance-process.js'
import { createBlobDatabase } from './support/blob-database.ts'
import {
  canCountChildren,
  killMaintenanceChild,
  maintenanceChild,
  maintenanceChildren,
} from './support/maintenance-children.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { answerOfNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

afterEach(() => {
  expect(maintenanceChildren()).toEqual([])
})

const createDatabase = (rows: number): Promise<string> => createBlobDatabase(tempFolder().path('app.db'), rows)

const processOn = (path: string): MaintenanceProcess =>
  new MaintenanceProcess({
    path,
    options: SQLITE_DEFAULTS,
    setup: { extensions: [], setupModule: undefined },
    file: undefined,
  })

const never = new AbortController().signal
const check = { name: 'integrity', mode: 'quick' } as const

// Without a way to count processes, half of these would pass whatever happened.
describe.runIf(canCountChildren)('the process', () => {
  it('is started by its first task, kept for the next, and ended by close()', async () => {
    const child = processOn(await createDatabase(1))
    expect(maintenanceChildren()).toEqual([])
    expect(await child.run(check, never)).toEqual([{ quick_check: 'ok' }])
    const pids = maintenanceChildren()
    expect(pids).toHaveLength(1)
    await child.run(check, never)
    expect([maintenanceChildren(), child.isWarm]).toEqual([pids, true])
    await child.close()
    await child.close()
    expect(child.isWarm).toBe(false)
  })

  it('that dies while it has nothing to do is replaced for the next task', async () => {
    const child = processOn(await createDatabase(1))
    await child.run(check, never)
    const pid = await maintenanceChild()
    await killMaintenanceChild(pid)
    while (child.isWarm) await turns(1)
    expect(await child.run(check, never)).toEqual([{ quick_check: 'ok' }])
    expect(maintenanceChildren()).not.toContain(pid)
    await child.close()
  })

  it('that dies at its task fails it with CONNECTION, and the next task gets another', async () => {
    const child = processOn(await createDatabase(10_000))
    const running = track(child.run({ name: 'vacuum' }, never))
    while (maintenanceChildren().length === 0) await turns(1)
    await killMaintenanceChild(await maintenanceChild())
    expect(await codeOf(() => running.promise)).toBe('CONNECTION')
    expect(await child.run(check, never)).toEqual([{ quick_check: 'ok' }])
    await child.close()
  })

  it('that cannot be started, since this Node was replaced by an upgrade, fails its step and nothing else', async () => {
    const { path } = tempFolder()
    copyFileSync(process.execPath, path('node'), constants.COPYFILE_FICLONE)
    const script = `
      import { rmSync } from 'node:fs'
      import { openSqliteStore } from '@upkeep/sqlite-native'
      rmSync(process.execPath)
      const store = await openSqliteStore({ path: ${JSON.stringify(path('app.db'))} })
      const { steps, outcome } = await store.maintenance({ mode: 'full' })
      const { clean } = await store.close()
      const { status, reason } = steps.find(({ name }) => name === 'vacuum')
      console.log(JSON.stringify({ outcome, status, code: reason?.split(':')[0], clean }))`
    expect(await answerOfNode(script, { node: path('node') })).toEqual({
      outcome: 'partial',
      status: 'failed',
      code: 'CONNECTION',
      clean: true,
    })
  })

  it('is killed by an abort, which is told when it has gone', async () => {
    const child = processOn(await createDatabase(10_000))
    await child.run(check, never)
    const controller = new AbortController()
    const running = child.run({ name: 'vacuum' }, controller.signal)
    controller.abort()
    expect(await codeOf(() => running)).toBe('ABORTED')
    expect([maintenanceChildren(), child.isWarm]).toEqual([[], false])
    await child.close()
  })

  it('is not started under a signal that is aborted already', async () => {
    const child = processOn('/nowhere.db')
    expect(await codeOf(() => child.run(check, AbortSignal.abort()))).toBe('ABORTED')
    expect(maintenanceChildren()).toEqual([])
  })

  it('tells what its task failed of, with the code', async () => {
    const { path } = tempFolder()
    writeFileSync(path('app.db'), 'x'.repeat(5000))
    const child = processOn(path('app.db'))
    expect(await codeOf(() => child.run(check, never))).toBe('CORRUPT')
    await child.close()
  })
})

describe.runIf(canCountChildren)('a store whose maintenance process is killed from outside', () => {
  it('reports the step as failed with CONNECTION, and goes on', async () => {
    const path = await createDatabase(10_000)
    const store = await openSqliteStore({ path, durability: 'normal', logger: quietLogger() })
    let current: string | undefined
    let killing: Promise<void> | undefined
    // All of them, until the step is over: a second one stands by, to clean up after the first.
    const killAll = async (): Promise<void> => {
      while (current === 'vacuum') {
        for (const pid of maintenanceChildren()) await killMaintenanceChild(pid)
        await turns(1)
      }
    }
    const report = await store.maintenance({
      mode: 'full',
      maxWriteWaitMs: false,
      onProgress: ({ step }) => {
        current = step
        if (step === 'vacuum') killing ??= killAll()
      },
    })
    await killing
    const vacuum = report.steps.find(({ name }) => name === 'vacuum')
    expect([vacuum?.status, vacuum?.reason?.split(':')[0]]).toEqual(['failed', 'CONNECTION'])
    expect(report.outcome).toBe('partial')
    await sql`insert into t values (1)`.execute(store.db)
    const again = await store.maintenance({ mode: 'full', integrity: 'full', maxWriteWaitMs: false })
    expect(again.outcome).toBe('ok')
    expect((await store.close()).clean).toBe(true)
  })
})

it("runs maintenance and not the application, whatever the application's own Node was started with", async () => {
  const path = await createDatabase(1)
  const script = `
    import { openSqliteStore } from '@upkeep/sqlite-native'
    const store = await openSqliteStore({ path: ${JSON.stringify(path)} })
    const { steps } = await store.maintenance({ mode: 'full' })
    await store.close()
    console.log(JSON.stringify(steps.filter(({ status }) => status !== 'done').map(({ name }) => name)))`
  // The script itself is given by --eval; the flags beside it must not reach the child either.
  const nodeArguments = ['--stack-trace-limit=5', '--import', 'data:text/javascript,globalThis.app=1']
  const notDone = await answerOfNode<string[]>(script, { nodeArguments })
  expect(notDone).not.toContain('vacuum')
})
