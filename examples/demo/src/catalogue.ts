/**
 * The batch work of the demo: load the catalogue, keep snapshots of it, delete the older ones.
 *
 * Every step is cut into transactions of a few milliseconds with a turn of the event loop between them, as an
 * application with live traffic would do. Nothing here knows of the traffic.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { json, type Store } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { CITY_COUNT, readCities } from './city-source.ts'
import { COPIED_COLUMNS, type DemoSchema } from './schema.ts'

/** Rows of one `insert … values`: 13 values each. */
const INSERT_ROWS = 100
/** Rows copied or deleted by one statement. */
const CHUNK_ROWS = 500

/** Told after every transaction. */
export type RowProgress = (done: number, total: number) => void

/** What all steps need. */
export interface CatalogueContext {
  readonly store: Store<DemoSchema>
  readonly signal: AbortSignal
}

/**
 * Loads the cities with multi-row inserts, and calls `onLoaded` with the ids of each committed batch.
 *
 * @returns how many there are.
 */
export async function loadCities(
  { store, signal }: CatalogueContext,
  limit: number | undefined,
  onLoaded: (cities: readonly { readonly id: number; readonly country: string; readonly ascii_name: string }[]) => void,
  onProgress: RowProgress,
): Promise<number> {
  let count = 0
  for await (const batch of readCities(INSERT_ROWS, limit)) {
    signal.throwIfAborted()
    await store.transaction(
      async (tx) => {
        await tx
          .insertInto('city')
          .values(batch.map((city) => ({ ...city, other_names: json(city.other_names) })))
          .execute()
      },
      { signal },
    )
    count += batch.length
    onLoaded(batch)
    onProgress(count, limit ?? CITY_COUNT)
    await nextTurn()
  }
  return count
}

/** How many snapshots there may be. */
export interface SnapshotLimits {
  readonly maxCount: number
  /** Past this time of `performance.now()` no snapshot but the first is begun: a slow machine gets a smaller database. */
  readonly noneAfterMs: number
}

/** Copies the catalogue up to `maxCount` times, one month apart. Returns how many copies there are. */
export async function takeSnapshots(
  { store, signal }: CatalogueContext,
  ids: readonly number[],
  { maxCount, noneAfterMs }: SnapshotLimits,
  onProgress: RowProgress,
): Promise<number> {
  const ordered = ids.toSorted((a, b) => a - b)
  for (let month = 0; month < maxCount; month += 1) {
    if (month > 0 && performance.now() > noneAfterMs) return month
    const takenAt = new Date(Date.UTC(2020, month, 18))
    for (let from = 0; from < ordered.length; from += CHUNK_ROWS) {
      signal.throwIfAborted()
      const chunk = ordered.slice(from, from + CHUNK_ROWS)
      await store.transaction((tx) => copyCities(tx, takenAt, chunk[0] ?? 0, chunk.at(-1) ?? 0), { signal })
      onProgress(month * ordered.length + from + chunk.length, maxCount * ordered.length)
      await nextTurn()
    }
  }
  return maxCount
}

async function copyCities(db: Kysely<DemoSchema>, takenAt: Date, firstId: number, lastId: number): Promise<void> {
  await db
    .insertInto('city_snapshot')
    .columns(['taken_at', 'city_id', ...COPIED_COLUMNS])
    .expression((eb) =>
      eb
        .selectFrom('city')
        .select((city) => [city.val(takenAt).as('taken_at'), 'id', ...COPIED_COLUMNS])
        .where('id', '>=', firstId)
        .where('id', '<=', lastId),
    )
    .execute()
}

/** Deletes the oldest `rowCount` rows of the snapshots. Returns how many rows that were. */
export async function deleteOldSnapshots(
  { store, signal }: CatalogueContext,
  rowCount: number,
  onProgress: RowProgress,
): Promise<number> {
  const oldest = await store.db
    .selectFrom('city_snapshot')
    .select('id')
    .orderBy('id')
    .limit(1)
    .executeTakeFirstOrThrow()
  const end = oldest.id + rowCount
  let done = 0
  for (let from = oldest.id; from < end; from += CHUNK_ROWS) {
    signal.throwIfAborted()
    done += await store.transaction(
      async (tx) => {
        const result = await tx
          .deleteFrom('city_snapshot')
          .where('id', '>=', from)
          .where('id', '<', Math.min(from + CHUNK_ROWS, end))
          .executeTakeFirst()
        return Number(result.numDeletedRows)
      },
      { signal },
    )
    onProgress(done, rowCount)
    await nextTurn()
  }
  return done
}
