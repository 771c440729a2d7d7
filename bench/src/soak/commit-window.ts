/**
 * Scenario: writes are aborted around their COMMIT, or their worker dies then; another process looks what is there.
 *
 * The moment is chosen out of the time that such a write took when it was let be, and a bit more on either side.
 */
import { join } from 'node:path'
import { errorLabel } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { Child } from '../child.ts'
import { quietLogger } from '../quiet-logger.ts'
import { createRandom, type Random } from '../seeded-random.ts'
import { median } from '../statistics.ts'
import type { RowProbeProtocol, WindowRequest, WindowResult } from './protocols.ts'
import { watchUnhandled } from './unhandled.ts'
import { type PairSchema, WINDOW_WRITES, type WindowContext, type WindowWrite } from './window-writes.ts'

type WindowStores = Pick<WindowContext, 'direct' | 'moving' | 'mortal'>

/** How many rows an outcome may go with; any other outcome is wrong. */
const ROWS_OF: Readonly<Record<string, readonly number[]>> = {
  resolved: [2],
  ABORTED: [0],
  CONNECTION: [0],
  OUTCOME_UNKNOWN: [0, 2],
}
/** Nobody keeps a lock for long here, but a busy disk may take its time in a commit; what is never given back is BUSY. */
const busyTimeoutMs = 60_000
/** Of each kind, to learn how long it takes. */
const UNDISTURBED = 5
/** How much longer than that the moment may be away. */
const BEYOND = 1.4
/** Whole milliseconds, as timers have them: 0 is at the end of the turn in which the worker was asked. */
const MAX_DEATH_MS = 3

/** Runs it. */
export async function runCommitWindow({ path, rounds, seed }: WindowRequest): Promise<WindowResult> {
  using unhandled = watchUnhandled()
  const random = createRandom(seed)
  const base = { path, logger: quietLogger, durability: 'full', busyTimeoutMs } as const
  await using direct = await openSqliteStore<PairSchema>({ ...base, inlineBudgetMs: false })
  await sql`create table pair (number integer, part integer, primary key (number, part))`.execute(direct.db)
  await using moving = await openSqliteStore<PairSchema>({ ...base, inlineBudgetMs: 1 })
  const setupModule = join(import.meta.dirname, 'mortal-worker.ts')
  await using mortal = await openSqliteStore<PairSchema>({ ...base, inlineBudgetMs: false, setupModule })
  const stores = { direct, moving, mortal }
  const probe = await Child.start<RowProbeProtocol>({
    name: 'probe',
    script: join(import.meta.dirname, 'row-probe.ts'),
  })
  try {
    await probe.ask('open', path)
    const takesMs = await timeUndisturbed(stores)
    const outcomes = new Map<string, number>()
    const wrong: string[] = []
    let slowest = { tookMs: 0, what: '' }
    for (let round = 1; round <= rounds; round++) {
      const write = WINDOW_WRITES[round % WINDOW_WRITES.length] as WindowWrite
      // Squared: most of the time is that of the disk, and much can happen before it.
      const startedMs = performance.now()
      const { outcome, why } = await disturb(
        write,
        stores,
        round,
        (takesMs.get(write) ?? 1) * BEYOND * random() ** 2,
        random,
      )
      const tookMs = performance.now() - startedMs
      const found = await probe.ask('count', round)
      const key = `${write.name}: ${outcome}, ${found} rows`
      if (tookMs > slowest.tookMs) slowest = { tookMs, what: `round ${round}: ${key}` }
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1)
      const isPossible = outcome === 'resolved' || (outcome === 'ABORTED') !== write.isMortal
      if (!isPossible || ROWS_OF[outcome]?.includes(found) !== true)
        wrong.push(`round ${round}: ${key}, after ${tookMs.toFixed(1)} ms${why}`)
    }
    const { errors } = unhandled
    return { rounds, outcomes: Object.fromEntries([...outcomes].sort()), slowest, wrong, unhandled: errors }
  } finally {
    await probe.stop()
  }
}

/** How long each takes that is let be. */
async function timeUndisturbed(stores: WindowStores): Promise<ReadonlyMap<WindowWrite, number>> {
  const takesMs = new Map<WindowWrite, number>()
  let number = 0
  for (const write of WINDOW_WRITES.filter(({ isMortal }) => !isMortal)) {
    const tookMs: number[] = []
    for (let i = 0; i < UNDISTURBED; i++) tookMs.push(await timed(write, stores, --number))
    takesMs.set(write, median(tookMs))
  }
  return takesMs
}

/** What the write came to, whose signal is aborted `delayMs` after it has begun, or whose worker dies. */
async function disturb(
  write: WindowWrite,
  stores: WindowStores,
  number: number,
  delayMs: number,
  random: Random,
): Promise<{ readonly outcome: string; readonly why: string }> {
  const controller = new AbortController()
  let leave: (() => void) | undefined
  const begun = (): void => {
    if (!write.isMortal) leave = abortAfter(controller, delayMs)
  }
  try {
    await write.run({ ...stores, number, signal: controller.signal, begun, dieAfterMs: deathMs(random) })
    return { outcome: 'resolved', why: '' }
  } catch (error) {
    return { outcome: errorLabel(error), why: error instanceof Error ? `: ${error.message}` : '' }
  } finally {
    leave?.()
  }
}

const deathMs = (random: Random): number => Math.floor(random() * (MAX_DEATH_MS + 1))

/** From when it has begun until it is done, in milliseconds. */
async function timed(write: WindowWrite, stores: WindowStores, number: number): Promise<number> {
  let startedMs = 0
  const begun = (): void => {
    startedMs = performance.now()
  }
  await write.run({ ...stores, number, signal: new AbortController().signal, dieAfterMs: 0, begun })
  return performance.now() - startedMs
}

/** To a fraction of a millisecond, which timers do not have; the loop goes on turning. Answers what gives it up. */
function abortAfter(controller: AbortController, delayMs: number): () => void {
  const dueMs = performance.now() + delayMs
  let isOver = false
  const look = (): void => {
    if (isOver) return
    if (performance.now() >= dueMs) controller.abort()
    else setImmediate(look)
  }
  look()
  return () => {
    isOver = true
  }
}
