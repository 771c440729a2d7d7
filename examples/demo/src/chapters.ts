/**
 * The chapters of the demo: what is done in each, what is shown of it, what is expected.
 *
 * The order is in `run-demo.ts`. A chapter that finds something wrong notes it and lets the story go on.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MaintenanceReport } from '@upkeep/core'
import { sql } from 'kysely'
import { abortVacuumHalfWay } from './aborted-vacuum.ts'
import { deleteOldSnapshots, loadCities, takeSnapshots } from './catalogue.ts'
import { ATTRIBUTION } from './city-source.ts'
import type { DemoRun } from './demo-run.ts'
import { type FileSizes, readFileSizes } from './file-sizes.ts'
import { formatBytes, formatCount, formatMs, formatShare } from './format.ts'
import { createProgressHandler, showReport } from './maintenance-display.ts'
import { cityMigrations } from './migrations.ts'
import { showSizes } from './result-tables.ts'

/** Below this the write-ahead log counts as small. */
const SMALL_WAL_BYTES = 4e6

/** Says what is about to be shown, and on what. */
export async function introduce({ display, store, options }: DemoRun): Promise<void> {
  const version = await sql<{ version: string }>`select sqlite_version() as version`.execute(store.db)
  display.heading('Upkeep: maintenance beside live traffic')
  display.fact('Data', ATTRIBUTION.title)
  display.fact('', `© GeoNames, ${ATTRIBUTION.url}`)
  display.fact('', ATTRIBUTION.licence)
  display.fact('', `out of the npm package ${ATTRIBUTION.npmPackage}`)
  display.fact('Store', `${store.name}, SQLite ${version.rows[0]?.version}, Node ${process.versions.node}`)
  display.fact('File', store.location)
  display.fact('Traffic', `${options.requestsPerSecond} requests/s, sent whether or not earlier ones were answered:`)
  display.fact('', '60 % reads by key, 15 % searches, 15 % transactions (read, update, insert), 10 % inserts')
  display.fact('', 'bars show the slowest request of the last second')
}

/** Fills the database, with traffic from the first rows on. Returns the number of rows. */
export async function load(run: DemoRun): Promise<number> {
  const { display, store, options, traffic } = run
  display.heading('1  Load')
  const noneAfterMs = performance.now() + options.loadBudgetMs
  await store.migrate(cityMigrations)
  const ids: number[] = []
  const cityBar = display.startBar({ name: 'cities', unit: 'rows', note: run.note })
  const cityCount = await loadCities(
    run,
    options.cityLimit,
    (cities) => {
      traffic.know(cities)
      traffic.start()
      for (const city of cities) ids.push(city.id)
    },
    cityBar.update,
  )
  cityBar.finish()
  const limits = { maxCount: options.snapshotCount, noneAfterMs }
  const snapshotBar = display.startBar({ name: 'snapshots', unit: 'rows', note: run.note })
  const snapshotCount = await takeSnapshots(run, ids, limits, snapshotBar.update)
  snapshotBar.finish()
  const rowCount = cityCount * (1 + snapshotCount)
  const { fileBytes } = await readFileSizes(store.location)
  display.fact(
    '',
    `${formatCount(rowCount)} rows in ${formatBytes(fileBytes)}: the cities and ${snapshotCount} snapshots of them`,
  )
  return rowCount
}

/** Watches the traffic alone, for comparison. */
export async function rest({ display, options, signal, note }: DemoRun): Promise<void> {
  display.heading('2  Traffic at rest, for comparison')
  const bar = display.startBar({ name: 'watching', unit: 'ms', note })
  const startedAt = performance.now()
  for (let passedMs = 0; passedMs < options.restMs; passedMs = performance.now() - startedAt) {
    bar.update(Math.round(passedMs), options.restMs)
    await sleep(100, undefined, { signal })
  }
  bar.update(options.restMs, options.restMs)
  bar.finish()
}

/** Deletes half of all rows: the older snapshots. */
export async function deleteHalf(run: DemoRun, rowCount: number): Promise<void> {
  const { display } = run
  display.heading('3  Delete half of it')
  const bar = display.startBar({ name: 'old snapshots', unit: 'rows', note: run.note })
  const half = Math.round(rowCount / 2)
  const deletedCount = await deleteOldSnapshots(run, half, bar.update)
  bar.finish()
  run.expect(deletedCount === half, `${half} rows were to be deleted and ${deletedCount} were`)
}

/** What maintenance did. */
export interface Maintained {
  readonly before: FileSizes
  readonly after: FileSizes
  readonly report: MaintenanceReport
}

/** Gives the space back beside the traffic. */
export async function maintain({ display, store, signal, note }: DemoRun): Promise<Maintained> {
  display.heading("4  store.maintenance({ mode: 'auto' })")
  const before = await readFileSizes(store.location)
  const onProgress = createProgressHandler(display, note)
  const report = await store.maintenance({ mode: 'auto', signal, onProgress })
  return { before, after: await readFileSizes(store.location), report }
}

/** Shows what maintenance did. Not part of the phase: drawing tables takes time of the event loop, too. */
export function showMaintained(run: DemoRun, { before, after, report }: Maintained): void {
  showReport(run.display, report)
  run.display.fact('Outcome', `${report.outcome} in ${formatMs(report.durationMs)}`)
  showSizes(run.display, before, after)
  run.expect(report.outcome === 'ok', `Maintenance ended as "${report.outcome}" instead of "ok"`)
  run.expect(after.fileBytes < before.fileBytes, 'Maintenance gave no space back')
}

/** Starts a full VACUUM, aborts it half way, and writes. */
export async function abortVacuum(run: DemoRun): Promise<void> {
  const { display, store, signal } = run
  display.heading("5  store.maintenance({ mode: 'full', maxWriteWaitMs: false, signal }), aborted half way")
  const onProgress = createProgressHandler(display, run.note)
  const aborted = await abortVacuumHalfWay({ store, signal, onProgress })
  await run.traffic.writeNow()
  const writeMs = performance.now() - aborted.abortedAt
  const { walBytes } = await readFileSizes(store.location)
  run.marks.push({ atMs: run.recorder.nowMs() - (performance.now() - aborted.abortedAt), label: 'abort' })
  const share = aborted.shareDone === undefined ? '' : `, ${formatShare(aborted.shareDone)} of it written back`
  display.fact('Aborted', `after ${formatMs(aborted.ranMs)}${share}`)
  display.fact('Stopped', `${formatMs(aborted.stopMs)} later`)
  display.fact('Next write', `committed ${formatMs(writeMs)} after the abort`)
  display.fact('Log left', formatBytes(walBytes))
  run.expect(aborted.report?.outcome === 'aborted', `The report of the abort says "${aborted.report?.outcome}"`)
  run.expect(walBytes < SMALL_WAL_BYTES, `The abort left a write-ahead log of ${formatBytes(walBytes)}`)
}

/** Has the whole database checked. */
export async function checkIntegrity({ display, store, signal, note }: DemoRun): Promise<MaintenanceReport> {
  display.heading("6  store.maintenance({ steps: ['integrity'], integrity: 'full' })")
  const onProgress = createProgressHandler(display, note)
  return store.maintenance({ steps: ['integrity'], integrity: 'full', signal, onProgress })
}

/** Shows what the check found. */
export function showIntegrity(run: DemoRun, report: MaintenanceReport): void {
  showReport(run.display, report)
  const step = report.steps.find(({ name }) => name === 'integrity')
  run.expect(report.outcome === 'ok' && step?.status === 'done', `The integrity check ended as "${report.outcome}"`)
}

/** Ends the traffic and compares what it was told with what is there. */
export async function endTraffic(run: DemoRun): Promise<void> {
  const { display, store, traffic } = run
  display.heading('7  End of the traffic')
  const report = await traffic.stop()
  const { count } = await store.db
    .selectFrom('city_change')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  display.fact('Requests', `${formatCount(report.requestCount)}, ${formatCount(report.errors.length)} failed`)
  display.fact('Changes', `${formatCount(report.changeCount)} reported as committed, ${formatCount(count)} in the file`)
  run.expect(report.errors.length === 0, `${report.errors.length} requests failed, the first with: ${report.errors[0]}`)
  run.expect(count === report.changeCount, 'The changes in the file are not those that were reported as committed')
}

/** Closes the store and shows what it says. */
export async function closeStore(run: DemoRun): Promise<void> {
  const { display, store } = run
  display.heading('8  store.close()')
  const report = await store.close()
  const { fileBytes, walBytes } = await readFileSizes(store.location)
  display.fact('Clean', report.clean ? 'yes' : 'no')
  display.fact('Time', formatMs(report.durationMs))
  display.fact('Abandoned', `${formatCount(report.abandoned)} operations`)
  if (report.maintenance !== undefined) {
    const steps = report.maintenance.steps.filter(({ status }) => status !== 'skipped')
    const notes = steps.map(({ name, status }) => (status === 'done' ? name : `${name} (${status})`))
    display.fact('Maintenance', `${report.maintenance.outcome}: ${notes.join(', ')}`)
  }
  display.fact('Left', `database ${formatBytes(fileBytes)}, write-ahead log ${formatBytes(walBytes)}`)
  run.expect(run.signal.aborted || report.clean, 'The store did not close clean')
}
