/**
 * Scenario: the process of a retention is killed again and again, at a random moment each time; the last one ends. Then
 * every deleted id must have been told, and none that is still there.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** What it came to. */
export interface CrashLoopResult {
  /** Processes that were killed in the midst of their work. */
  readonly killCount: number
  /** What they had said last, and how often: where they were. */
  readonly killedAfter: Readonly<Record<string, number>>
  readonly deletedCount: number
  /** Ids that are gone and were never told. */
  readonly lostCount: number
  /** Ids that were told, and are there: after any of the kills, and at the end. */
  readonly wronglyToldCount: number
  /** Ids that were told more than once. */
  readonly toldAgainCount: number
  /** Batches that wait to be told at the end. */
  readonly waitingCount: number
  /** Old rows that are left at the end. */
  readonly leftCount: number
}

/** How it is done. */
export interface CrashLoopOptions {
  /** A database with events in it that nobody else has open. */
  readonly path: string
  /** Does not exist yet. */
  readonly toldPath: string
  readonly kills: number
  /** A process is killed when it has said so much at most, three times per batch. */
  readonly maxTurns: number
  /** From 0 to 1, below 1. */
  readonly random: () => number
}

/** Runs it. @throws Error where a process failed by itself, or ended before it was killed */
export async function runCrashLoop(options: CrashLoopOptions): Promise<CrashLoopResult> {
  const { path, toldPath, kills, maxTurns, random } = options
  const before = readIds(path)
  const killedAfter: Record<string, number> = {}
  let wronglyToldCount = 0
  for (let kill = 0; kill < kills; kill++) {
    const last = await runAndKill(path, toldPath, 1 + Math.floor(random() * maxTurns), random() * 4)
    killedAfter[last] = (killedAfter[last] ?? 0) + 1
    const there = readIds(path)
    wronglyToldCount += readTold(toldPath).filter((id) => there.has(id)).length
  }
  await runToEnd(path, toldPath)
  const there = readIds(path)
  const toldIds = readTold(toldPath)
  const told = new Set(toldIds)
  const deleted = [...before].filter((id) => !there.has(id))
  return {
    killCount: kills,
    killedAfter,
    deletedCount: deleted.length,
    lostCount: deleted.filter((id) => !told.has(id)).length,
    wronglyToldCount: wronglyToldCount + toldIds.filter((id) => there.has(id)).length,
    toldAgainCount: toldIds.length - told.size,
    waitingCount: query(path, 'select count(*) from upkeep_outbox')[0] ?? 0,
    leftCount: query(path, "select count(*) from event where at < strftime('%Y-%m-%d', 'now', '-30 days')")[0] ?? 0,
  }
}

/** Answers what it said last. */
async function runAndKill(path: string, toldPath: string, turns: number, delayMs: number): Promise<string> {
  const child = startMember(path, toldPath)
  const exited = once(child, 'exit')
  let last = 'nothing'
  let count = 0
  child.on('message', (what: string) => {
    last = what
    // A little later, so that it is anywhere between two words.
    if (++count === turns) setTimeout(() => child.kill('SIGKILL'), delayMs)
  })
  const [code, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error(`it has ended before it was killed (${code}), after: ${last}`)
  return last
}

async function runToEnd(path: string, toldPath: string): Promise<void> {
  const child = startMember(path, toldPath)
  const exited = once(child, 'exit')
  let last = 'nothing'
  child.on('message', (what: string) => {
    last = what
  })
  await exited
  if (last !== 'done') throw new Error(`the last run did not end well: ${last}`)
}

function startMember(path: string, toldPath: string): ReturnType<typeof fork> {
  return fork(join(import.meta.dirname, 'crash-member.ts'), [path, toldPath], { execArgv: [] })
}

/** The members are gone when this looks. */
function query(path: string, statement: string): number[] {
  const database = new Database(path)
  try {
    return database.prepare<[], number>(statement).pluck().all()
  } finally {
    database.close()
  }
}

function readIds(path: string): ReadonlySet<number> {
  return new Set(query(path, 'select id from event'))
}

/** A line that was cut off by the kill is no line. */
function readTold(toldPath: string): number[] {
  if (!existsSync(toldPath)) return []
  return readFileSync(toldPath, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => line.split(' ').map(Number))
}
