/**
 * The story of the demo, from an empty file to a closed store, with traffic all the way.
 *
 * It gives the order, and sees to it that store and files are released on every way out. What happens in each chapter
 * is in `chapters.ts`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '@upkeep/core'
import { sqliteNative } from '@upkeep/sqlite-native'
import * as chapters from './chapters.ts'
import type { ConsoleDisplay } from './console-display.ts'
import { DemoRun } from './demo-run.ts'
import { formatCount, formatMs } from './format.ts'
import { type LatencyChart, renderLatencyChart } from './latency-chart.ts'
import type { Phase } from './latency-recorder.ts'
import type { DemoOptions } from './options.ts'
import { showLatencies } from './result-tables.ts'
import type { DemoSchema } from './schema.ts'
import { renderTerminalChart } from './terminal-chart.ts'

/** Runs it all. Resolves to what was not as expected; rejects if it could not go on, or was aborted. */
export async function runDemo(
  options: DemoOptions,
  signal: AbortSignal,
  display: ConsoleDisplay,
): Promise<readonly string[]> {
  const created = await mkdir(options.outputDirectory, { recursive: true })
  // A folder of our own stays out of version control; one that was there is not ours to touch.
  if (created !== undefined) await writeFile(join(options.outputDirectory, '.gitignore'), '*\n')
  const folder = await mkdtemp(join(options.outputDirectory, 'database-'))
  try {
    // An application has its URL from its settings; this one is made from a path, in which anything may occur.
    const url = `sqlite:${encodeURI(join(folder, 'cities.db')).replaceAll(/[?#]/g, encodeURIComponent)}`
    const store = await openStore<DemoSchema>(url, { backends: [sqliteNative()] })
    const run = new DemoRun(store, options, signal, display)
    await tell(run)
    await draw(run)
    conclude(run)
    return run.problems
  } finally {
    if (options.keep) display.fact('Kept', folder)
    else await rm(folder, { recursive: true, force: true })
  }
}

async function tell(run: DemoRun): Promise<void> {
  try {
    await chapters.introduce(run)
    const rowCount = await run.phase('load', () => chapters.load(run))
    await run.phase('at rest', () => chapters.rest(run))
    await run.phase('delete', () => chapters.deleteHalf(run, rowCount))
    chapters.showMaintained(run, await run.phase('maintenance', () => chapters.maintain(run)))
    showPhases(run, ({ name }) => name === 'at rest' || name === 'maintenance')
    await run.phase('VACUUM, aborted', () => chapters.abortVacuum(run))
    chapters.showIntegrity(run, await run.phase('integrity check', () => chapters.checkIntegrity(run)))
    await chapters.endTraffic(run)
  } finally {
    await run.traffic.stop()
    run.lag[Symbol.dispose]()
    // A failure to close must not hide what went wrong before it.
    await chapters
      .closeStore(run)
      .catch((error: unknown) => run.expect(false, `The store could not be closed: ${error}`))
  }
}

function showPhases({ display, recorder, measured }: DemoRun, wanted: (phase: Phase) => boolean): void {
  showLatencies(
    display,
    recorder,
    measured.filter(({ phase }) => wanted(phase)),
  )
}

async function draw(run: DemoRun): Promise<void> {
  const { display, recorder, lag, marks, options } = run
  display.heading('Result')
  showPhases(run, ({ name }) => name !== 'load')
  const chart: LatencyChart = {
    samples: recorder.samples(),
    lags: lag.samples(),
    phases: recorder.phases(),
    marks,
    requestsPerSecond: options.requestsPerSecond,
  }
  const path = join(options.outputDirectory, 'latency.svg')
  await writeFile(path, renderLatencyChart(chart))
  display.line()
  display.line(renderTerminalChart(chart, { width: display.width, stream: display.output }))
  display.fact('Chart', path)
}

function conclude({ display, recorder, measured, problems }: DemoRun): void {
  const maintenance = measured.find(({ phase }) => phase.name === 'maintenance')
  display.line()
  if (maintenance !== undefined) {
    const write = recorder.summarize(maintenance.phase, 'write')
    display.fact(
      'In maintenance',
      `${formatCount(write.count)} writes, p99 ${formatMs(write.p99Ms)}, slowest ${formatMs(write.maxMs)}`,
    )
    display.fact('', `the event loop was held for ${formatMs(maintenance.maxLagMs)} at most`)
    display.line()
  }
  if (problems.length === 0) display.success('All as expected.')
  for (const problem of problems) display.problem(problem)
}
