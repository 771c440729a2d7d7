// One process beside the tests that opens a SQLite file, runs one statement and closes it again: what it sees bypasses
// the store, and what it closes cannot drop the locks of the process under test. Does not keep a file open.
import { type ChildProcess, fork } from 'node:child_process'
import type { FileChange, ProbeRow } from '../src/suite/harness.ts'

interface Answer {
  readonly id: number
  readonly rows?: readonly ProbeRow[]
  readonly error?: string
}

let probe: { child: ChildProcess; calls: Map<number, (answer: Answer) => void> } | undefined
let lastId = 0

/** Runs `sql` on the file at `path`. */
export function probeSqlite(path: string, sql: string): Promise<readonly ProbeRow[]> {
  return ask(path, sql)
}

/** Changes the file at `path`, and those that are named after it. */
export async function changeFiles(path: string, changes: readonly FileChange[]): Promise<void> {
  await ask(path, changes)
}

async function ask(path: string, work: string | readonly FileChange[]): Promise<readonly ProbeRow[]> {
  probe ??= start()
  const { child, calls } = probe
  const id = ++lastId
  const answer = await new Promise<Answer>((resolve, reject) => {
    calls.set(id, resolve)
    child.send({ id, path, work }, (error) => error && reject(error))
  })
  if (answer.error !== undefined) throw new Error(`probe: ${answer.error}`)
  return answer.rows ?? []
}

function start(): NonNullable<typeof probe> {
  const child = fork(new URL('probe-child.ts', import.meta.url), { serialization: 'advanced', execArgv: [] })
  const calls = new Map<number, (answer: Answer) => void>()
  child.on('message', (message) => {
    const answer = message as Answer
    calls.get(answer.id)?.(answer)
    calls.delete(answer.id)
  })
  // It must not keep the test process alive; it ends when its channel does.
  child.unref()
  child.channel?.unref()
  return { child, calls }
}
