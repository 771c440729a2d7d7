/**
 * `pnpm bench:wal`: the write-ahead log under a saturated writer, with and without the checkpointer and with a long
 * reader, and the memory of a scan with a budget.
 *
 * Prints Markdown. It exits with 0 whatever the figures are.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeSection } from './benchmarks-document.ts'
import { Child } from './child.ts'
import { describeMachine } from './machine.ts'
import { createWorkshop, tell } from './maintenance/workshop.ts'
import type { SaturationRequest, SaturationResult, ScanRequest, ScanResult, WalProtocol } from './wal/protocols.ts'
import { formatWal } from './wal/report.ts'

const HELP = `pnpm bench:wal [options]

  --quick               4 s of writing and 30 MB to scan
`

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
})

/** In a process of its own: memory that one run has taken would be another's. */
async function ask<Name extends keyof WalProtocol & string>(
  name: Name,
  request: WalProtocol[Name]['request'],
): Promise<WalProtocol[Name]['answer']> {
  const child = await Child.start<WalProtocol>({ name, script: join(import.meta.dirname, 'wal', 'host.ts') })
  try {
    return await child.ask(name, request)
  } finally {
    await child.stop()
  }
}

if (values.help) {
  process.stdout.write(HELP)
} else {
  const durationMs = values.quick ? 4000 : 20_000
  const workshop = createWorkshop(1)
  const saturated: [SaturationRequest, SaturationResult][] = []
  for (const durability of ['normal', 'full'] as const) {
    for (const [checkpointer, readerMs] of [
      [false, 0],
      [true, 0],
      [true, durationMs / 4],
    ] as const) {
      const path = workshop.path('saturated.db')
      // A durable writer does not reach the default in five seconds.
      const walLimitBytes = (readerMs > 0 ? 16 : 64) * 2 ** 20
      const request = { path, checkpointer, durability, walLimitBytes, durationMs, readerMs }
      saturated.push([request, await ask('saturate', request)])
      workshop.remove(path)
      tell(`wrote with durability ${durability}, checkpointer ${checkpointer}, reader ${readerMs} ms`)
    }
  }
  const sizeBytes = values.quick ? 30_000_000 : 300_000_000
  const path = workshop.path('scan.db')
  await ask('build', { path, sizeBytes })
  const scans: [ScanRequest, ScanResult][] = []
  for (const isWarm of [true, false]) {
    const request = { isWarm, path, memoryBudgetBytes: 64 * 2 ** 20, sizeBytes }
    scans.push([request, await ask('scan', request)])
  }
  const markdown = formatWal({ machine: describeMachine(), saturated, scans })
  process.stdout.write(markdown)
  // A small run must not stand for the whole.
  if (!values.quick) writeSection('wal', markdown)
}
