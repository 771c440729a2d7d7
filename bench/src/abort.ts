/**
 * `pnpm bench:abort`: how long it takes from an abort until the engine has stopped, as another process sees it, and how
 * long the loop waits while such statements run.
 *
 * Prints Markdown. It exits with 0 whatever the figures are.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AbortKind, AbortProtocol } from './abort/protocols.ts'
import { type AbortFigures, formatAbort } from './abort/report.ts'
import { writeSection } from './benchmarks-document.ts'
import { Child } from './child.ts'
import { describeMachine } from './machine.ts'
import { createWorkshop, tell } from './maintenance/workshop.ts'
import { createRandom, SEED_LIMIT } from './seeded-random.ts'

const HELP = `pnpm bench:abort [options]

  --quick               100,000 rows and 5 moments of each
  --seed N              of an earlier run, for the same moments
`

const FULL = { rowCount: 2_000_000, moments: 50, spanMs: 1000, unsignalled: 5 }
const QUICK = { rowCount: 100_000, moments: 5, spanMs: 60, unsignalled: 2 }
const KINDS: readonly AbortKind[] = ['endless expression', 'cross join', 'sort', 'create index', 'update']

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * SEED_LIMIT)) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  process.stdout.write(HELP)
} else {
  const { rowCount, moments, spanMs, unsignalled } = values.quick ? QUICK : FULL
  const random = createRandom(Number(values.seed))
  tell(`seed ${values.seed}`)
  const path = createWorkshop(0).path('abort.db')
  const host = await Child.start<AbortProtocol>({
    name: 'store',
    script: join(import.meta.dirname, 'abort', 'host.ts'),
  })
  const results: AbortFigures['results'][number][] = []
  try {
    await host.ask('build', { path, rowCount })
    for (const kind of KINDS) {
      const momentsMs = Array.from({ length: moments }, () => random() * spanMs)
      const result = await host.ask('abort', { path, kind, momentsMs })
      const lagMs = await host.ask('unsignalled', { path, kind, count: unsignalled, timeoutMs: spanMs })
      results.push({ kind, result, lagMs })
      tell(`aborted ${kind}`)
    }
  } finally {
    await host.stop()
  }
  const markdown = formatAbort({ machine: describeMachine(), rowCount, spanMs, results })
  process.stdout.write(markdown)
  // A small run must not stand for the whole.
  if (!values.quick) writeSection('abort', markdown)
}
