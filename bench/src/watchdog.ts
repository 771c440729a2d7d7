/**
 * `pnpm bench:watchdog`: what it costs a point select that it can be stopped, and how late a limit is.
 *
 * First below the store, on a connection of the port, so that nothing else is measured; then through stores that differ
 * in their options alone. Slices take turns, and ratios are those of their medians. Prints Markdown, and judges nothing.
 */
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { loadBetterSqlite3 } from '../../packages/sqlite-native/dist/better-sqlite3-port.js'
import { writeSection } from './benchmarks-document.ts'
import { describeMachine } from './machine.ts'
import { createWorkshop } from './maintenance/workshop.ts'
import { quietLogger } from './quiet-logger.ts'
import { largest, median } from './statistics.ts'

const ROWS = 10_000
const SLICES = 200
const CALLS_PER_SLICE = 5_000
const CALLS_PER_STORE_SLICE = 500
const WARM_UP_SLICES = 20
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

interface Item {
  readonly id: number
  readonly name: string
  readonly score: number
}

/** Nanoseconds per point select through each kind of store, by its name. */
async function measureStores(): Promise<Readonly<Record<string, number>>> {
  const path = createWorkshop(1).path('watchdog.db')
  const open = (options: { inlineBudgetMs?: false; timeouts?: { defaultMs: false } }) =>
    openSqliteStore<{ item: Item }>({ path, logger: quietLogger, close: { maintenanceOnClose: false }, ...options })
  await using off = await open({ inlineBudgetMs: false, timeouts: { defaultMs: false } })
  await using on = await open({ timeouts: { defaultMs: false } })
  await using timed = await open({})
  await sql`create table item (id integer primary key, name text, score integer)`.execute(off.db)
  await sql`with recursive c (x) as (values (1) union all select x + 1 from c limit ${ROWS})
    insert into item select x, 'name ' || x, x % 100 from c`.execute(off.db)
  const { signal } = new AbortController()
  const point = (store: Store<{ item: Item }>, id: number) =>
    store.db.selectFrom('item').select(['id', 'name', 'score']).where('id', '=', id)
  const stores: Record<string, (id: number) => Promise<unknown>> = {
    off: (id) => point(off, id).execute(),
    'the watchdog on': (id) => point(on, id).execute(),
    'and the default timeout': (id) => point(timed, id).execute(),
    'and a signal': (id) => point(timed, id).execute({ signal }),
  }
  const figures = Object.fromEntries(Object.keys(stores).map((name) => [name, [] as number[]]))
  for (let round = 0; round < SLICES; round++) {
    for (const [name, select] of Object.entries(stores)) {
      const startedMs = performance.now()
      for (let i = 0; i < CALLS_PER_STORE_SLICE; i++) await select(((i * 7919) % ROWS) + 1)
      // What is measured first is not yet compiled.
      if (round >= WARM_UP_SLICES) figures[name]?.push(((performance.now() - startedMs) / CALLS_PER_STORE_SLICE) * 1e6)
    }
  }
  return Object.fromEntries(Object.entries(figures).map(([name, ns]) => [name, median(ns)]))
}

const storesNs = await measureStores()
const markdown = `## What it costs that a statement can be stopped

A point select by primary key, ${SLICES} slices of each kind that take turns, medians. Targets: the watchdog at most 1.05
times without it, the default timeout at most 1.1 times without.

${describeMachine()}

| point select of the driver | ns |
|---|---:|
${Object.keys(contenders)
  .map((name) => `| ${name} | ${medianNs(name).toFixed(0)} |`)
  .join('\n')}

| point select of a store | ns | to off |
|---|---:|---:|
${Object.entries(storesNs)
  .map(([name, ns]) => `| ${name} | ${ns.toFixed(0)} | ${(ns / (storesNs.off ?? 0)).toFixed(3)} |`)
  .join('\n')}

Armed / unarmed: ${(medianNs('armed') / medianNs('unarmed')).toFixed(3)}. A limit of ${LIMIT_MS} ms, ${STOPS} times: late by
${median(lateMs).toFixed(1)} ms (median), ${largest(lateMs).toFixed(1)} ms (largest).
`
process.stdout.write(markdown)
writeSection('watchdog', markdown)
