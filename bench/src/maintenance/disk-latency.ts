/**
 * What the disk itself takes for a write that is waited for: one page appended and synced, every 5 ms. Says how much of
 * a latency is the disk's, and whether something else was using it.
 */
import { open, rm } from 'node:fs/promises'
import { type LatencySummary, summarizeLatencies } from '../statistics.ts'

const WRITE_COUNT = 200
const PAUSE_MS = 5
const PAGE_BYTES = 4096

/** Writes a file of its own, which is removed. */
export async function measureDisk(path: string): Promise<LatencySummary> {
  const page = Buffer.alloc(PAGE_BYTES, 7)
  const latenciesMs: number[] = []
  const file = await open(path, 'w')
  try {
    for (let n = 0; n < WRITE_COUNT; n++) {
      const startedAt = performance.now()
      await file.write(page)
      await file.datasync()
      latenciesMs.push(performance.now() - startedAt)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
  return summarizeLatencies(latenciesMs)
}
