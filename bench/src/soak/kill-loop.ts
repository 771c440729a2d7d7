/**
 * Scenario: a process under load is killed at a random moment, again and again. Whatever it had told as committed must
 * be there, all of it or nothing of what it had not, and the file must be sound.
 *
 * A kill takes nothing from the kernel: what a loss of power would take is not shown here.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Random } from '../seeded-random.ts'

/** The tables of the scenario. */
export interface KilledSchema {
  pair: { number: number; part: number }
  ballast: { number: number; data: Uint8Array }
}

/** How it is done. */
export interface KillLoopOptions {
  /** Does not exist yet. */
  readonly path: string
  /** Does not exist yet. */
  readonly toldPath: string
  readonly kills: number
  readonly random: Random
}

/** What it came to. */
export interface KillLoopResult {
  readonly kills: number
  /** Of them, those that came before the process was under load. */
  readonly killedWhileOpening: number
  /** Commits that were told, and those that are there. */
  readonly toldCount: number
  readonly foundCount: number
  readonly wrong: readonly string[]
}

/** One in so many is killed while it starts. */
const EARLY = 5
const START_MS = 600
const LOAD_MS = 500

/** Runs it. @throws Error where a process ended before it was killed */
export async function runKillLoop({ path, toldPath, kills, random }: KillLoopOptions): Promise<KillLoopResult> {
  const wrong: string[] = []
  let killedWhileOpening = 0
  let state = readState(path)
  let toldCount = 0
  for (let kill = 1; kill <= kills; kill++) {
    const isEarly = kill % EARLY === 0
    const wasUnderLoad = await runAndKill([path, toldPath, String(state.last + 1)], isEarly, random)
    if (!wasUnderLoad) killedWhileOpening++
    const before = state
    state = readState(path)
    const told = readTold(toldPath)
    toldCount = told.length
    const lost = told.filter((number) => !state.numbers.has(number))
    if (lost.length > 0) wrong.push(`kill ${kill}: ${lost.length} commits are lost`)
    if (state.halfCount > 0) wrong.push(`kill ${kill}: ${state.halfCount} transactions are there by half`)
    if (state.integrity !== 'ok') wrong.push(`kill ${kill}: the file is damaged`)
    if (state.last < before.last) wrong.push(`kill ${kill}: what was there is gone`)
  }
  return { kills, killedWhileOpening, toldCount, foundCount: state.numbers.size, wrong }
}

/** Answers whether it was under load. */
async function runAndKill(args: readonly string[], isEarly: boolean, random: Random): Promise<boolean> {
  const child = fork(join(import.meta.dirname, 'kill-member.ts'), args, { execArgv: [] })
  const exited = once(child, 'exit')
  let isUnderLoad = false
  child.once('message', () => {
    isUnderLoad = true
    if (!isEarly) setTimeout(() => child.kill('SIGKILL'), random() * LOAD_MS)
  })
  if (isEarly) setTimeout(() => child.kill('SIGKILL'), random() * START_MS)
  const [code, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error(`it has ended before it was killed (${code})`)
  return isUnderLoad
}

interface FileState {
  readonly numbers: ReadonlySet<number>
  readonly last: number
  /** Numbers that do not have both of their rows. */
  readonly halfCount: number
  readonly integrity: unknown
}

/** The process is gone when this looks; one that vacuumed for it may still be about to end. */
function readState(path: string): FileState {
  const database = new Database(path, { timeout: 10_000 })
  try {
    const list = (text: string): number[] => database.prepare<[], number>(text).pluck().all()
    const [hasTable] = list("select count(*) from sqlite_schema where name = 'pair'")
    const integrity = database.prepare('pragma integrity_check').pluck().get()
    if (hasTable === 0) return { numbers: new Set(), last: 0, halfCount: 0, integrity }
    const numbers = list('select number from pair group by number order by number')
    const [halfCount = 0] = list('select count(*) from (select 1 from pair group by number having count(*) <> 2)')
    return { numbers: new Set(numbers), last: numbers.at(-1) ?? 0, halfCount, integrity }
  } finally {
    database.close()
  }
}

/** A line that was cut off by the kill is no line. */
function readTold(toldPath: string): number[] {
  if (!existsSync(toldPath)) return []
  return readFileSync(toldPath, 'utf8').split('\n').slice(0, -1).map(Number)
}
