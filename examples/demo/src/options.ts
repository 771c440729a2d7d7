/**
 * Command line options of the demo: parsing, defaults, usage.
 *
 * It only reads arguments; nothing is created or opened here.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What a run of the demo is made of. */
export interface DemoOptions {
  /** Folder for the chart and, while the demo runs, the database. Absolute. */
  readonly outputDirectory: string
  /** Whether the database stays afterwards. */
  readonly keep: boolean
  /** Requests per second of the simulated traffic. */
  readonly requestsPerSecond: number
  /** Cities read from the data set; `undefined` reads all. */
  readonly cityLimit: number | undefined
  /** Copies of the catalogue kept as snapshots. */
  readonly snapshotCount: number
  /** Once loading has taken this long, no further snapshot is begun. */
  readonly loadBudgetMs: number
  /** How long the traffic is watched at rest. */
  readonly restMs: number
}

/** Shown by `--help`. */
export const USAGE = `Usage: npm run demo -- [options]

  --quick         a small database, in a few seconds
  --rate <n>      requests per second of the simulated traffic (default 200)
  --out <folder>  where the chart goes (default ./upkeep-demo)
  --keep          keep the database
  --help          show this
`

const DEFAULTS: Omit<DemoOptions, 'outputDirectory' | 'keep'> = {
  requestsPerSecond: 200,
  cityLimit: undefined,
  snapshotCount: 9,
  loadBudgetMs: 14_000,
  restMs: 6000,
}

const QUICK: Partial<DemoOptions> = { cityLimit: 30_000, snapshotCount: 3, loadBudgetMs: 3000, restMs: 800 }

/**
 * Reads the arguments; `undefined` when help was asked for.
 *
 * @throws TypeError, with a message for the user, for what is not acceptable.
 */
export function parseOptions(args: readonly string[], workingDirectory: string): DemoOptions | undefined {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      quick: { type: 'boolean', default: false },
      rate: { type: 'string' },
      out: { type: 'string', default: 'upkeep-demo' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const requestsPerSecond = values.rate === undefined ? DEFAULTS.requestsPerSecond : Number(values.rate)
  if (!(requestsPerSecond >= 1 && requestsPerSecond <= 1000)) {
    throw new TypeError(`--rate must be a number from 1 to 1000, not "${values.rate}"`)
  }
  return {
    ...DEFAULTS,
    ...(values.quick ? QUICK : {}),
    requestsPerSecond,
    outputDirectory: resolve(workingDirectory, values.out),
    keep: values.keep,
  }
}
