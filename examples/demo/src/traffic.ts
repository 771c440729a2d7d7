/**
 * Simulated users: requests that arrive at a given rate whether or not earlier ones were answered (an open loop).
 *
 * A latency counts from the moment a request was due, so that a held event loop or a lock shows up in full and not as
 * fewer requests. What a timer is late by nature (up to 2 ms) is not counted. It keeps no statistics; see the recorder.
 */
import type { Store } from '@upkeep/core'
import { randomExponential, randomInt, randomLcg, randomUniform } from 'd3-random'
import type { LatencyRecorder, RequestKind } from './latency-recorder.ts'
import type { DemoSchema } from './schema.ts'

const TIMER_PRECISION_MS = 2

/** What the traffic needs to know of a city to ask for it. */
export interface KnownCity {
  readonly id: number
  readonly country: string
  readonly ascii_name: string
}

/** What the traffic did. */
export interface TrafficReport {
  readonly requestCount: number
  /** Rows it was told are committed to `city_change`. */
  readonly changeCount: number
  readonly errors: readonly string[]
}

interface Request {
  readonly kind: RequestKind
  /** Share of all requests. */
  readonly share: number
  run(city: KnownCity): Promise<void>
}

/** See the module. Begins with `start()`; `stop()` waits for what is under way. */
export class Traffic {
  readonly #store: Store<DemoSchema>
  readonly #recorder: LatencyRecorder
  readonly #requests: readonly Request[]
  readonly #cities: KnownCity[] = []
  readonly #underWay = new Set<Promise<void>>()
  readonly #random: () => number
  readonly #pauseMs: () => number
  readonly #errors: string[] = []
  #requestCount = 0
  #changeCount = 0
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store<DemoSchema>, recorder: LatencyRecorder, requestsPerSecond: number) {
    const source = randomLcg(0.42)
    this.#store = store
    this.#recorder = recorder
    this.#random = randomUniform.source(source)(1)
    this.#pauseMs = randomExponential.source(source)(requestsPerSecond / 1000)
    const growth = randomInt.source(source)(1, 500)
    this.#requests = [
      { kind: 'read', share: 0.6, run: (city) => readByKey(store, city) },
      { kind: 'read', share: 0.15, run: (city) => search(store, city) },
      {
        kind: 'write',
        share: 0.15,
        run: async (city) => {
          await updatePopulation(store, city, growth())
          this.#changeCount += 1
        },
      },
      {
        kind: 'write',
        share: 0.1,
        run: async (city) => {
          await addNote(store, city)
          this.#changeCount += 1
        },
      },
    ]
  }

  /** From now on the traffic asks for these, too. */
  know(cities: readonly KnownCity[]): void {
    for (const { id, country, ascii_name } of cities) this.#cities.push({ id, country, ascii_name })
  }

  start(): void {
    if (this.#timer === undefined) this.#schedule(performance.now() + this.#pauseMs())
  }

  /** Writes a change at once, on top of the traffic; resolves when it is committed. */
  async writeNow(): Promise<void> {
    const [city] = this.#cities
    if (city === undefined) return
    await addNote(this.#store, city)
    this.#changeCount += 1
  }

  /** Sends no more requests and waits for those under way. */
  async stop(): Promise<TrafficReport> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await Promise.all(this.#underWay)
    return { requestCount: this.#requestCount, changeCount: this.#changeCount, errors: this.#errors }
  }

  #schedule(dueMs: number): void {
    this.#timer = setTimeout(
      () => {
        const nowMs = performance.now()
        let nextMs = dueMs
        while (nextMs <= nowMs) {
          this.#send(nowMs - nextMs)
          nextMs += this.#pauseMs()
        }
        this.#schedule(nextMs)
      },
      Math.max(0, dueMs - performance.now()),
    )
  }

  #send(lateMs: number): void {
    const city = this.#cities[Math.floor(this.#random() * this.#cities.length)]
    const request = this.#pick()
    if (city === undefined || request === undefined) return
    this.#requestCount += 1
    const startMs = this.#recorder.nowMs()
    const countedLateMs = lateMs > TIMER_PRECISION_MS ? lateMs : 0
    const work = request
      .run(city)
      .then(
        () => {
          const latencyMs = this.#recorder.nowMs() - startMs + countedLateMs
          this.#recorder.add({ atMs: startMs - lateMs, latencyMs, kind: request.kind })
        },
        (error: unknown) => {
          this.#errors.push(String(error))
        },
      )
      .finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  #pick(): Request | undefined {
    let left = this.#random()
    return this.#requests.find((request) => {
      left -= request.share
      return left < 0
    })
  }
}

async function readByKey(store: Store<DemoSchema>, { id }: KnownCity): Promise<void> {
  const city = await store.db.selectFrom('city').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  if (!(city.modified_at instanceof Date)) throw new Error('An instant was not read back as a Date')
}

async function search(store: Store<DemoSchema>, { country, ascii_name }: KnownCity): Promise<void> {
  const prefix = ascii_name.slice(0, 3)
  await store.db
    .selectFrom('city')
    .select(['id', 'name', 'population'])
    .where('country', '=', country)
    .where('ascii_name', '>=', prefix)
    .where('ascii_name', '<', `${prefix}\u{10ffff}`)
    .orderBy('ascii_name')
    .limit(20)
    .execute()
}

async function updatePopulation(store: Store<DemoSchema>, { id }: KnownCity, growth: number): Promise<void> {
  await store.transaction(async (tx) => {
    const { population } = await tx
      .selectFrom('city')
      .select('population')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const changedAt = new Date()
    await tx
      .updateTable('city')
      .set({ population: population + growth, modified_at: changedAt })
      .where('id', '=', id)
      .execute()
    await tx
      .insertInto('city_change')
      .values({
        city_id: id,
        changed_at: changedAt,
        population_before: population,
        population_after: population + growth,
        note: 'census',
      })
      .execute()
  })
}

async function addNote(store: Store<DemoSchema>, { id }: KnownCity): Promise<void> {
  await store.db.insertInto('city_change').values({ city_id: id, changed_at: new Date(), note: 'visited' }).execute()
}
