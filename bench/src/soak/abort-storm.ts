/**
 * Scenario: operations of all kinds, several at a time, each aborted at a random moment; every so often the store is
 * closed in the midst of them, and opened again. What an operation came to is compared with what is in the file.
 *
 * Runs in a process of its own, see host.ts: that nothing hangs is for whoever waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorLabel, isStoreError, type Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import Database from 'better-sqlite3'
import { quietLogger } from '../quiet-logger.ts'
import { createRandom, pick, type Random } from '../seeded-random.ts'
import { countAtRest, countBackAt } from './process-counts.ts'
import type { StormRequest, StormResult } from './protocols.ts'
import { createStormDatabase, STORM_OPERATIONS, type StormOperation, type StormSchema } from './storm-operations.ts'
import { watchUnhandled } from './unhandled.ts'

/** Operations at a time. */
const AT_ONCE = 5
/** One more than the machine may have cores: some then wait for a worker, and not all. */
const WORKERS = 3
/** Aborts between two closes: at least so many, and at most twice as many. */
const BETWEEN_CLOSES = 60
const MAX_DELAY_MS = 60
/** What does not stop for its signal ends by this, and is told as wrong. */
const TIMEOUT_MS = 60_000
const WRONG_KEPT = 20
/** Of the kinds of operations that run together. */
const SHARE = 0.3

/** Runs it. */
export async function runAbortStorm({ path, aborts, seed }: StormRequest): Promise<StormResult> {
  using unhandled = watchUnhandled()
  await createStormDatabase(path)
  const storm = new Storm(path, createRandom(seed))
  // The first one starts the threads that the process then keeps.
  await storm.untilClosed(Math.min(aborts, BETWEEN_CLOSES))
  const before = await countAtRest()
  while (storm.aborts < aborts) {
    await storm.untilClosed(Math.min(aborts - storm.aborts, Math.ceil(BETWEEN_CLOSES * (1 + storm.random()))))
  }
  const after = await countBackAt(before)
  const { closes, wrong } = storm
  const { errors, warnings } = unhandled
  const outcomes = Object.fromEntries([...storm.outcomes].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { aborts: storm.aborts, closes, outcomes, wrong, unhandled: errors, warnings, before, after }
}

class Storm {
  readonly random: Random
  readonly outcomes = new Map<string, number>()
  readonly wrong: string[] = []
  aborts = 0
  closes = 0
  readonly #path: string
  #lastId = 0
  /** What runs between two closes; all of them at first. */
  #operations = STORM_OPERATIONS
  /** Whether what begins now may be left to close(). */
  #isLast = false
  #isClosing = false
  /** By their id, whether it was done: of those that leave a mark. */
  readonly #marks = new Map<number, boolean>()

  constructor(path: string, random: Random) {
    this.#path = path
    this.random = random
  }

  /** One store, from its opening to its end. */
  async untilClosed(aborts: number): Promise<void> {
    const goal = this.aborts + aborts
    const store = await openSqliteStore<StormSchema>({
      path: this.#path,
      logger: quietLogger,
      durability: 'normal',
      timeouts: { defaultMs: TIMEOUT_MS },
      busyTimeoutMs: TIMEOUT_MS,
      close: { maintenanceOnClose: false },
      pool: { max: WORKERS },
    })
    this.#isLast = false
    this.#isClosing = false
    const goOn = async (): Promise<void> => {
      while (!this.#isClosing) {
        await this.#one(store)
        if (this.aborts >= goal) this.#isLast = true
      }
    }
    const closed = (async () => {
      while (!this.#isLast) await sleep(1)
      await sleep(this.random() * MAX_DELAY_MS)
      this.#isClosing = true
      this.closes++
      await store.close({ drainMs: pick(this.random, [0, 0, 5, 100]) })
    })()
    await Promise.all([closed, ...Array.from({ length: AT_ONCE }, goOn)])
    this.#compare()
    // Not always all: where endless ones are about, nearly all others are stopped while they wait for them.
    const some = STORM_OPERATIONS.filter(() => this.random() < SHARE)
    this.#operations = some.length > 0 ? some : STORM_OPERATIONS
  }

  async #one(store: Store<StormSchema>): Promise<void> {
    const operation = pick(this.random, this.#operations)
    const id = ++this.#lastId
    const controller = new AbortController()
    const running = operation.run(store, id, controller.signal)
    const leave = this.#abortLater(controller)
    try {
      await running
      this.#note(operation, id, 'done')
    } catch (error) {
      this.#note(
        operation,
        id,
        this.#codeOf(error, controller.signal) ?? this.#tell(`${operation.name} ${id}: ${errorLabel(error)}`),
      )
    } finally {
      leave()
    }
  }

  /** At once, within this turn of the loop, at its end, or some time later. Answers what gives it up. */
  #abortLater(controller: AbortController): () => void {
    let isOver = false
    const abort = (): void => {
      if (isOver) return
      this.aborts++
      controller.abort()
    }
    let timer: NodeJS.Timeout | undefined
    const moment = this.random()
    if (this.#isLast && moment < 0.7) return () => undefined
    if (moment < 0.05) abort()
    else if (moment < 0.15) void afterMicrotasks(Math.floor(this.random() * 30)).then(abort)
    else if (moment < 0.25) setImmediate(abort)
    else timer = setTimeout(abort, this.random() ** 2 * MAX_DELAY_MS)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }

  /** What an operation may come to that was aborted, or whose store was closed. */
  #codeOf(error: unknown, { aborted }: AbortSignal): string | undefined {
    if (!isStoreError(error)) return undefined
    if (error.code === 'ABORTED' && aborted) return error.code
    return error.code === 'CLOSED' && this.#isClosing ? error.code : undefined
  }

  #note({ name, marks }: StormOperation, id: number, outcome: string): void {
    const key = `${name}: ${outcome}`
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1)
    if (marks) this.#marks.set(id, outcome === 'done')
  }

  #tell(what: string): string {
    if (this.wrong.length < WRONG_KEPT) this.wrong.push(what)
    return 'wrong'
  }

  /** The store is closed, so that this process may open the file. */
  #compare(): void {
    const database = new Database(this.#path)
    const ask = (text: string): unknown => database.prepare(text).pluck().get()
    try {
      const found = new Set(database.prepare<[], number>('select id from mark').pluck().all())
      for (const [id, isDone] of this.#marks) {
        if (isDone !== found.delete(id))
          this.#tell(`${id} was ${isDone ? 'done, and is not' : 'stopped, and is'} there`)
      }
      if (found.size > 0) this.#tell(`${found.size} rows that nobody has written`)
      if (ask('select min(part) = max(part) from big') !== 1) this.#tell('half an update')
      if (ask('pragma integrity_check') !== 'ok') this.#tell('the file is damaged')
    } finally {
      database.close()
    }
  }
}

async function afterMicrotasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined
}
