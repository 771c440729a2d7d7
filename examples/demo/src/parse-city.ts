/** A line of the data set as a city. It knows neither files nor a database, so that a page can use it too. */
import type { City } from './schema.ts'

/** `fields` are the names of the columns, in their order. The answer parses a line. */
export function createCityParser(fields: readonly string[]): (line: string) => City {
  const column = Object.fromEntries(fields.map((name, index) => [name, index]))
  return (line) => parseCity(column, line)
}

function parseCity(column: Readonly<Record<string, number>>, line: string): City {
  const cells = line.split('\t')
  const text = (name: string): string => {
    const value = cells[column[name] ?? -1]
    if (value === undefined) throw new Error(`The data set has no column "${name}" in: ${line.slice(0, 80)}`)
    return value
  }
  const number = (name: string): number => {
    const value = Number(text(name))
    if (Number.isNaN(value)) throw new Error(`The data set has no number in "${name}" of: ${line.slice(0, 80)}`)
    return value
  }
  return {
    id: number('id'),
    name: text('name'),
    ascii_name: text('asciiname'),
    other_names: text('alternativeNames')
      .split(',')
      .filter((name) => name !== ''),
    country: text('country'),
    feature_code: text('featureCode'),
    admin_code: text('adminCode'),
    population: number('population'),
    elevation_m: text('elevation') === '' ? null : number('elevation'),
    latitude: number('lat'),
    longitude: number('lon'),
    timezone: text('tz'),
    modified_at: new Date(`${text('lastModified')}T00:00:00Z`),
  }
}
