/**
 * `pnpm bench:watchdog`: what it costs to arm and disarm a statement, and how late a limit is.
 *
 * Below the store, on connections of the port, so that nothing else is measured. Armed and unarmed slices take turns, and
 * the ratio is that of their medians. Prints, writes nothing, and judges nothing.
 */
import { loadBetterSqlite3 } from '../../packages/sqlite-native/dist/better-sqlite3-port.js'
import { largest, median } from './statistics.ts'

const ROWS = 10_000
const SLICES = 200
const CALLS_PER_SLICE = 5_000
const LIMIT_MS = 20
const STOPS = 50
/** Longer than any statement here may take on a busy machine: only the cost is measured. */
const FAR_LIMIT_MS = 60_000

const log = { warn: tell, error: tell }
const port = await loadBetterSqlite3({ extensions: [], setupModule: undefined }, { guard: { interrupt: true, log } })
const db = port.open(':memory:', { readOnly: false, mustExist: false, guarded: true })
const { guard } = db
if (guard === undefined) throw new Error('the interrupt library does not load here, so there is nothing to measure')

db.exec(`CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, score INTEGER);
  WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c LIMIT ${ROWS})
  INSERT INTO item SELECT x, 'name ' || x, x % 100 FROM c`)
const select = db.prepare('SELECT id, name, score FROM item WHERE id = ?')
const endless = db.prepare('WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c')

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Nanoseconds per call of one slice. */
function slice(call: (id: number) => void): number {
  const startedMs = performance.now()
  for (let i = 0; i < CALLS_PER_SLICE; i++) call(((i * 7919) % ROWS) + 1)
  return ((performance.now() - startedMs) / CALLS_PER_SLICE) * 1e6
}

const contenders = {
  unarmed: (id: number): void => void select.all([id]),
  armed: (id: number): void => {
    guard.arm(FAR_LIMIT_MS)
    select.all([id])
    guard.disarm()
  },
  'arm and disarm alone': (): void => {
    guard.arm(FAR_LIMIT_MS)
    guard.disarm()
  },
}
const slicesNs = Object.fromEntries(Object.keys(contenders).map((name) => [name, [] as number[]]))
for (let round = 0; round < SLICES; round++) {
  for (const [name, call] of Object.entries(contenders)) slicesNs[name]?.push(slice(call))
}

/** Milliseconds by which a limit was late; the first tells of a thread that may not have started yet, and is left out. */
const lateMs: number[] = []
for (let stop = 0; stop <= STOPS; stop++) {
  const startedMs = performance.now()
  guard.arm(LIMIT_MS)
  try {
    endless.all([])
  } catch {
    // It was stopped.
  }
  guard.disarm()
  if (stop > 0) lateMs.push(performance.now() - startedMs - LIMIT_MS)
}
db.close()

const medianNs = (name: string): number => median(slicesNs[name] ?? [])
process.stdout.write(`| point select of the driver | ns |
|---|---|
${Object.keys(contenders)
  .map((name) => `| ${name} | ${medianNs(name).toFixed(0)} |`)
  .join('\n')}

armed / unarmed: ${(medianNs('armed') / medianNs('unarmed')).toFixed(3)}
a limit of ${LIMIT_MS} ms, ${STOPS} times: late by ${median(lateMs).toFixed(1)} ms (median), ${largest(lateMs).toFixed(1)} ms (largest)
`)
