/** The rows of one result on their way: in batches ahead of the answer, and the last one, often the only one, with it. */
import type { HostCall } from './remote-host.ts'
import { type RowBatch, RowPacker } from './row-batch.ts'

/** Sends all batches but the last, which is for the answer to take along. */
export async function sendRows(rows: readonly unknown[], call: HostCall): Promise<RowBatch | undefined> {
  const packer = new RowPacker()
  let last: RowBatch | undefined
  for (let start = 0; start < rows.length; ) {
    if (last !== undefined) await call.send(last)
    last = packer.pack(rows as readonly Record<string, unknown>[], start)
    start += last.rowCount
  }
  return last
}
