// One process beside the tests that opens a database, runs one statement and closes it again, or changes its files: what
// it sees bypasses the store, and what it closes cannot drop the locks of the process under test. Keeps nothing open.
import { type ChildProcess, fork } from 'node:child_process'
import type { FileChange, ProbeRow } from '../src/suite/harness.ts'
import type { ProbeAnswer, ProbeCall } from './serve-probe.ts'

/** Does `work` at `location`, each time in the same process, which is started when it is first needed. */
export type Probe<W = string> = (location: string, work: W) => Promise<readonly ProbeRow[]>

/** On the file at a path, by better-sqlite3. */
export const probeSqlite: Probe = createProbe('sqlite-probe-child.ts')
/** On the database at a URL, by pg. */
export const probePostgres: Probe = createProbe('postgres-probe-child.ts')
/** Changes the file at a path, and those that are named after it. */
export const changeFiles: Probe<readonly FileChange[]> = createProbe('file-change-child.ts')

function createProbe<W>(script: string): Probe<W> {
  const calls = new Map<number, (answer: ProbeAnswer) => void>()
  let child: ChildProcess | undefined
  let lastId = 0
  return async (location, work) => {
    child ??= start(script, calls)
    const started = child
    const call: ProbeCall<W> = { id: ++lastId, location, work }
    const answer = await new Promise<ProbeAnswer>((resolve, reject) => {
      calls.set(call.id, resolve)
      started.send(call, (error) => error && reject(error))
    })
    if (answer.error !== undefined) throw new Error(`probe: ${answer.error}`)
    return answer.rows ?? []
  }
}

function start(script: string, calls: Map<number, (answer: ProbeAnswer) => void>): ChildProcess {
  const child = fork(new URL(script, import.meta.url), { serialization: 'advanced', execArgv: [] })
  child.on('message', (message) => {
    const answer = message as ProbeAnswer
    calls.get(answer.id)?.(answer)
    calls.delete(answer.id)
  })
  // It must not keep the test process alive; it ends when its channel does.
  child.unref()
  child.channel?.unref()
  return child
}
