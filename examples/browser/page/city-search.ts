/**
 * Search as you type: a new one stops the one before, in the middle of its statement. It reads through all names of all
 * cities, as an index cannot find the middle of a word.
 */
import { isStoreError } from '@upkeep/core'
import { sql } from 'kysely'
import type { CityStore } from './open-cities.ts'

const MAX_RESULTS = 20

export interface FoundCity {
  readonly id: number
  readonly name: string
  readonly country: string
  readonly population: number
}

export interface SearchResult {
  readonly cities: readonly FoundCity[]
  /** Of all, of which the first are in `cities`. */
  readonly total: number
  readonly durationMs: number
}

export class CitySearch {
  readonly #store: CityStore
  #running: AbortController | undefined
  #stoppedCount = 0

  constructor(store: CityStore) {
    this.#store = store
  }

  /** Searches that were stopped by the one after them. */
  get stoppedCount(): number {
    return this.#stoppedCount
  }

  /** `undefined` if another one has come meanwhile. */
  async find(text: string): Promise<SearchResult | undefined> {
    this.#running?.abort()
    const controller = new AbortController()
    this.#running = controller
    const startedMs = performance.now()
    try {
      const rows = await this.#rows(text, controller.signal)
      if (this.#running !== controller) return undefined
      return { cities: rows, total: rows[0]?.total ?? 0, durationMs: performance.now() - startedMs }
    } catch (error) {
      if (!isStoreError(error) || error.code !== 'ABORTED') throw error
      this.#stoppedCount++
      return undefined
    } finally {
      if (this.#running === controller) this.#running = undefined
    }
  }

  #rows(text: string, signal: AbortSignal): Promise<(FoundCity & { readonly total: number })[]> {
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
    return this.#store.db
      .selectFrom('city')
      .select(['id', 'name', 'country', 'population', sql<number>`count(*) over ()`.as('total')])
      .where(({ or }) =>
        or([
          sql<boolean>`name like ${pattern} escape '\\'`,
          sql<boolean>`ascii_name like ${pattern} escape '\\'`,
          sql<boolean>`other_names like ${pattern} escape '\\'`,
        ]),
      )
      .orderBy('population', 'desc')
      .limit(MAX_RESULTS)
      .execute({ signal })
  }
}
