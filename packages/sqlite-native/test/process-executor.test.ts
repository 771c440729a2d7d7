// The processes that read for a store without the interrupt library: killed by an abort, gone after close() and with the
// application, however that ends. What a store does with them is tested by the suite.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf, turns } from '../../core/test/support/outcome.ts'
import { canCountChildren } from './support/maintenance-children.ts'
import { tempFolder } from './support/temp-folder.ts'

const ENDLESS = 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as n from n'

/** Those that `parent` has started; also such as have ended and only wait to be asked how. */
function readers(parent: number = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && partOf(name, 'stat').split(') ').at(-1)?.split(' ')[1] === String(parent))
    .filter((pid) => isReader(pid) || partOf(pid, 'stat').includes(') Z '))
    .map(Number)
}

const isReader = (pid: number | string): boolean => partOf(pid, 'cmdline').includes('sqlite-process')

function partOf(pid: number | string, part: string): string {
  try {
    return readFileSync(`/proc/${pid}/${part}`, 'utf8')
  } catch {
    return ''
  }
}

const openFiles = (): number => readdirSync('/proc/self/fd').length

describe.runIf(canCountChildren)('a process that reads', { timeout: 60_000 }, () => {
  it('is killed by an abort, and has gone when that is told; close() leaves none, and no file open', async () => {
    const path = tempFolder().path('app.db')
    const open = () => openSqliteStore({ path, interrupt: false, durability: 'normal' })
    // What is opened once in a process is opened here.
    await (await open()).close()
    const before = openFiles()
    const store = await open()
    expect(store.capabilities).toMatchObject({ cancellation: 'process', workers: false })
    for (let round = 0; round < 2; round++) {
      const controller = new AbortController()
      const running = codeOf(() => sql.raw(ENDLESS).execute(store.db, { signal: controller.signal }))
      while ((store.stats().engine.executors.worker ?? 0) === round * 2) await turns(1)
      expect(readers()).toHaveLength(1)
      controller.abort()
      expect(await running).toBe('ABORTED')
      expect(readers()).toEqual([])
      const { signal } = new AbortController()
      expect((await sql`select 1 as one`.execute(store.db, { signal })).rows).toEqual([{ one: 1 }])
    }
    // The one that has answered is kept.
    expect(readers()).toHaveLength(1)
    expect((await store.close()).clean).toBe(true)
    expect(readers()).toEqual([])
    expect(openFiles()).toBe(before)
  })

  it('an abort while it is being started ends that', async () => {
    const store = await openSqliteStore({ path: tempFolder().path('app.db'), interrupt: false })
    const controller = new AbortController()
    const running = codeOf(() => sql.raw(ENDLESS).execute(store.db, { signal: controller.signal }))
    await turns(1)
    controller.abort()
    expect(await running).toBe('ABORTED')
    await store.close()
    expect(readers()).toEqual([])
  })

  it('that dies of something else is CONNECTION', async () => {
    const store = await openSqliteStore({ path: tempFolder().path('app.db'), interrupt: false })
    const { signal } = new AbortController()
    const running = codeOf(() => sql.raw(ENDLESS).execute(store.db, { signal }))
    while ((store.stats().engine.executors.worker ?? 0) === 0) await turns(1)
    for (const pid of readers()) process.kill(pid, 'SIGKILL')
    expect(await running).toBe('CONNECTION')
    await store.close()
  })

  it('ends with the application, also when that is killed while it is in SQLite', async () => {
    const script = `
      import { openSqliteStore } from '@upkeep/sqlite-native'
      import { sql } from 'kysely'
      const store = await openSqliteStore({ path: ${JSON.stringify(tempFolder().path('app.db'))}, interrupt: false })
      void sql.raw(${JSON.stringify(ENDLESS)}).execute(store.withTimeout(false), { signal: new AbortController().signal })
      const look = () => (store.stats().engine.executors.worker > 0 ? console.log('running') : setTimeout(look, 1))
      look()`
    const application = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(application.stdout, 'data')
    const [pid = 0] = readers(application.pid)
    expect(isReader(pid)).toBe(true)
    application.kill('SIGKILL')
    await once(application, 'exit')
    while (isReader(pid)) await turns(1)
  })
})
