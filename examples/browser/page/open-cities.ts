/** Opens the database of the page, with the migrations of examples/demo, and fills it the first time. */
import { json, type Store } from '@upkeep/core'
import { openWasmStore } from '@upkeep/sqlite-wasm'
import { cityMigrations } from '../../demo/src/migrations.ts'
import { createCityParser } from '../../demo/src/parse-city.ts'
import type { City, DemoSchema } from '../../demo/src/schema.ts'

export type CityStore = Store<DemoSchema>

/** Rows of one `insert … values`: 13 values each. */
const INSERT_ROWS = 250
/** A tab that is reloaded needs a moment to let go of the files. */
const BUSY_TIMEOUT_MS = 1500

/** @throws BUSY for another tab, UNSUPPORTED where nothing can be kept, FULL */
export function openCities(): Promise<CityStore> {
  return openWasmStore<DemoSchema>({
    path: 'opfs:cities',
    busyTimeoutMs: BUSY_TIMEOUT_MS,
    // The data can be loaded again: a crash may take the last changes, and never more.
    durability: 'normal',
    persist: true,
    migrations: { provider: cityMigrations },
  })
}

/** Loads the cities unless they are there. All or nothing: half of them would look like all. */
export async function fillCities(
  store: CityStore,
  onProgress: (doneRows: number, totalRows: number) => void,
): Promise<void> {
  const known = await store.db.selectFrom('city').select('id').limit(1).executeTakeFirst()
  if (known !== undefined) return
  const answer = await fetch(new URL('cities.tsv', document.baseURI))
  if (!answer.ok) throw new Error(`cities.tsv could not be loaded: ${answer.status}`)
  const [fields = '', ...lines] = (await answer.text()).trimEnd().split('\n')
  const parse = createCityParser(fields.split('\t'))
  await store.transaction(async (tx) => {
    for (let start = 0; start < lines.length; start += INSERT_ROWS) {
      const cities = lines
        .slice(start, start + INSERT_ROWS)
        .map(parse)
        .map(toRow)
      await tx.insertInto('city').values(cities).execute()
      onProgress(start + cities.length, lines.length)
    }
  })
}

function toRow(city: City) {
  return { ...city, other_names: json(city.other_names) }
}
