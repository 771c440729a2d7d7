/**
 * The process of one contender: opens it and makes the calls it is asked for. It alone has the contender's database file
 * open.
 *
 * Arguments: contender, path, durability, and where to write a CPU profile if there is to be one.
 */
import { serve } from '../child.ts'
import type { Contender } from '../contenders/contender.ts'
import { loadContender } from '../contenders/registry.ts'
import { ITEM_COUNT } from '../contenders/schema.ts'
import { startProfiler } from '../profile.ts'
import type { ContenderProtocol } from './messages.ts'
import { type BenchRow, findRow } from './rows.ts'
import { runSlice, type SliceOptions } from './slice.ts'

let insertedCount = 0

async function runCounted(row: BenchRow, contender: Contender, slice: SliceOptions): Promise<number> {
  const elapsedNs = await runSlice(row, contender, slice)
  if (row.inserts) insertedCount += slice.calls * row.rowsPerCall
  return elapsedNs
}

async function sample(row: BenchRow, contender: Contender): Promise<ContenderProtocol['sample']['answer']> {
  if (!row.isSupported(contender)) return { supported: false, value: undefined }
  const value = await row.call(contender, 12_345)
  if (!row.inserts) return { supported: true, value }
  // What an insert answers is the library's own business; the rows it left are compared.
  insertedCount += row.rowsPerCall
  return { supported: true, value: await contender.pageSelect(ITEM_COUNT, row.rowsPerCall + 1) }
}

async function warmUp(contender: Contender, request: ContenderProtocol['warmUp']['request']): Promise<void> {
  const row = findRow(request.row)
  const endsAt = performance.now() + request.durationMs
  let { first } = request.slice
  do {
    await runCounted(row, contender, { ...request.slice, first })
    first += request.slice.calls
  } while (performance.now() < endsAt)
}

async function reset(contender: Contender): Promise<void> {
  const count = await contender.countItems()
  const expected = ITEM_COUNT + insertedCount
  if (count !== expected) throw new Error(`${count} rows in the table instead of ${expected}`)
  if (insertedCount > 0) await contender.removeAfter(ITEM_COUNT)
  insertedCount = 0
}

await serve<ContenderProtocol>(async () => {
  const [name = '', path = '', durability = '', profile] = process.argv.slice(2)
  if (durability !== 'normal' && durability !== 'full') throw new Error(`durability '${durability}'`)
  const open = await loadContender(name)
  const contender = await open({ path, durability })
  const profiler = profile === undefined ? undefined : await startProfiler(profile)
  return {
    sample: ({ row }) => sample(findRow(row), contender),
    warmUp: (request) => warmUp(contender, request),
    slice: async ({ row: rowName, slice, runIn }) => {
      const row = findRow(rowName)
      if (runIn > 0) await runCounted(row, contender, { ...slice, calls: runIn })
      return { elapsedNs: await runCounted(row, contender, slice) }
    },
    reset: () => reset(contender),
    settings: () => contender.settings(),
    close: async () => {
      await profiler?.stop()
      await contender.close()
    },
  }
})
