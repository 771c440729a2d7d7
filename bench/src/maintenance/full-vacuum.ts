/**
 * Scenarios around a full VACUUM: how long it takes, what its abort takes at several points, and what a writer that
 * arrives during it has to wait.
 */
import type { MaintenanceStepReport } from '@upkeep/core'
import type { MaintenanceRun, VacuumMoment } from './protocols.ts'
import { startHost, startProbe, tell, type Workshop, walSizeBytes } from './workshop.ts'

/** A full VACUUM that nothing disturbs. */
export interface VacuumTiming {
  readonly run: MaintenanceRun
  /** The step alone. */
  readonly vacuumMs: number
  /** See {@link VacuumMoment}. */
  readonly leadMs: number | undefined
}

/** An abort at one point. */
export interface AbortResult {
  /** Share of the measured time at which it came. */
  readonly share: number
  /** It was too late: the VACUUM had ended. */
  readonly finished: boolean
  readonly run: MaintenanceRun
  /** From the abort until another process had the write lock. */
  readonly lockMs: number
  /** From the abort until the call had settled. */
  readonly settledMs: number
  readonly nextWriteMs: number
  readonly integrity: string
  /** After the call had settled, and after one more write. */
  readonly walBytes: { readonly settled: number; readonly afterWrite: number }
}

/** A write in the midst of a full VACUUM. */
export interface WriterResult {
  readonly run: MaintenanceRun
  readonly writeMs: number
}

const LOCK_TIMEOUT_MS = 30_000
const TRIES = 3

/** The step of a report. */
export function findStep(run: MaintenanceRun, name: string): MaintenanceStepReport | undefined {
  return run.report?.steps.find((step) => step.name === name)
}

/** Measures one from begin to end, twice: the faster one, since what else the machine does only makes it slower. */
export async function timeFullVacuum(workshop: Workshop): Promise<VacuumTiming> {
  const first = await timeOnce(workshop)
  const second = await timeOnce(workshop)
  return first.vacuumMs <= second.vacuumMs ? first : second
}

async function timeOnce(workshop: Workshop): Promise<VacuumTiming> {
  const path = workshop.copyBase('full.db')
  const host = await startHost()
  await host.ask('open', { path, durability: 'full' })
  const { run } = await host.ask('maintain', { mode: 'full', maxWriteWaitMs: false })
  await host.ask('close', null)
  await host.stop()
  workshop.remove(path)
  const steps = run.report?.steps ?? []
  const index = steps.findIndex((step) => step.name === 'vacuum')
  const step = steps[index]
  if (step?.status !== 'done') {
    throw new Error(`the full VACUUM did not run: ${step?.status ?? run.errorCode} ${step?.reason ?? ''}`)
  }
  const before = steps.slice(0, index).reduce((total, { durationMs }) => total + durationMs, 0)
  tell(`full VACUUM: ${step.durationMs.toFixed(0)} ms of ${run.elapsedMs.toFixed(0)} ms`)
  return { run, vacuumMs: step.durationMs, leadMs: run.vacuumBeganMs === undefined ? before : undefined }
}

async function abortOnce(workshop: Workshop, share: number, when: VacuumMoment): Promise<AbortResult> {
  const path = workshop.copyBase('abort.db')
  const [host, probe] = await Promise.all([startHost(), startProbe()])
  await host.ask('open', { path, durability: 'full' })
  await probe.ask('open', { path })
  const { abortedAtNs, finished } = await host.ask('abortVacuum', when)
  const [lock, after] = await Promise.all([
    probe.ask('takeWriteLock', { timeoutMs: LOCK_TIMEOUT_MS }),
    host.ask('afterAbort', null),
  ])
  const integrity = await probe.ask('checkIntegrity', null)
  const result: AbortResult = {
    share,
    finished,
    run: after.run,
    lockMs: Number(lock.takenAtNs - abortedAtNs) / 1e6,
    settledMs: Number(after.settledAtNs - abortedAtNs) / 1e6,
    nextWriteMs: after.nextWriteMs,
    integrity,
    walBytes: { settled: after.walBytes, afterWrite: walSizeBytes(path) },
  }
  await probe.ask('close', null)
  await host.ask('close', null)
  await Promise.all([host.stop(), probe.stop()])
  workshop.remove(path)
  return result
}

/**
 * Aborts at that share of the measured time. If the VACUUM had ended before, it was faster this time: that time counts
 * for the next try.
 */
export async function abortFullVacuum(workshop: Workshop, timing: VacuumTiming, share: number): Promise<AbortResult> {
  let { vacuumMs } = timing
  for (let tried = 1; ; tried++) {
    const result = await abortOnce(workshop, share, { afterMs: vacuumMs * share, leadMs: timing.leadMs })
    const lock = result.lockMs.toFixed(0)
    tell(`abort at ${share * 100} %: lock after ${lock} ms${result.finished ? ', but it had ended before' : ''}`)
    if (!result.finished || tried === TRIES) return result
    vacuumMs = Math.min(vacuumMs, findStep(result.run, 'vacuum')?.durationMs ?? vacuumMs)
  }
}

/** A write arrives when a third of the VACUUM is done. */
export async function writeDuringVacuum(workshop: Workshop, timing: VacuumTiming): Promise<WriterResult> {
  const path = workshop.copyBase('writer.db')
  const host = await startHost()
  await host.ask('open', { path, durability: 'full' })
  const result = await host.ask('writeInVacuum', { afterMs: timing.vacuumMs / 3, leadMs: timing.leadMs })
  await host.ask('close', null)
  await host.stop()
  workshop.remove(path)
  tell(`writer during a full VACUUM: ${result.writeMs.toFixed(0)} ms`)
  return result
}
