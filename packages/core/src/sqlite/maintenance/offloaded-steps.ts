/**
 * The steps that may take long: full VACUUM, ANALYZE, integrity check. On a large file they run in another process,
 * which an abort kills: the second half of a VACUUM cannot be interrupted in any other way. On a small one the last two
 * run on a thread of ours, where there is one.
 */
import { joinSignals } from '../../abort/join-signals.ts'
import type { MaintenanceStepResult } from '../../contract/backend.ts'
import type { MaintenanceStepName } from '../../contract/maintenance-steps.ts'
import { StoreError } from '../../errors/store-error.ts'
import type { OffloadResult, SqliteOffload, SqliteRow } from '../port.ts'
import { walSizeBytes } from '../wal-size.ts'
import { watchSize } from '../watch-size.ts'
import { checkpoint, copyLog, dropLogTail } from './checkpoint.ts'
import { measuresOf, usedBytes } from './inspection.ts'
import { look, type MaintenanceScope, withoutAutocheckpoint, withWriteLock } from './maintenance-scope.ts'

/** A database up to this size is checked and analyzed where the store runs; it takes a few milliseconds. */
export const INLINE_CHECK_BYTES: number = 4 * 1024 * 1024

/** One up to this size is not worth the start of a thread. */
const TINY_BYTES = 512 * 1024

export async function vacuum(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { offload } = scope
  if (offload === undefined) {
    throw new StoreError('UNSUPPORTED', 'this backend has no full VACUUM', { operation: 'maintenance' })
  }
  return withoutAutocheckpoint(scope, () => vacuumWith(scope, offload))
}

async function vacuumWith(scope: MaintenanceScope, offload: SqliteOffload): Promise<MaintenanceStepResult> {
  const { run, set } = scope
  const before = look(scope)
  // What is in the log already need not be copied while writers wait.
  if (set.hasWriteAheadLog) await copyLog(scope, run.signal)
  await awaitStart(offload, run.signal)
  const gaveWay = await whileNobodyWaits(scope, (signal) => vacuumOrDropLog(scope, offload, signal, usedBytes(before)))
  if (gaveWay !== undefined) {
    return { status: 'blocked', reason: gaveWay, before: measuresOf(before), after: measuresOf(look(scope)) }
  }
  const copied = set.hasWriteAheadLog ? await checkpoint(scope, run.signal) : undefined
  const measures = { before: measuresOf(before), after: measuresOf(look(scope)) }
  // Vacuumed, but the file shrinks only when the log is in it.
  return copied?.status === 'blocked'
    ? { status: 'blocked', reason: `vacuumed, but ${copied.reason}`, ...measures }
    : { status: 'done', ...measures }
}

/**
 * What a killed VACUUM leaves in the log, up to the size of the database, must be gone before anybody commits: the
 * commit would have to write it all to the disk. A second process stands by for that.
 */
async function vacuumOrDropLog(
  scope: MaintenanceScope,
  offload: SqliteOffload,
  signal: AbortSignal,
  bytes: number,
): Promise<void> {
  const standby = bytes > INLINE_CHECK_BYTES ? scope.openOffload?.() : undefined
  standby?.warmUp()
  const watching = watchLog(scope, 'vacuum', bytes)
  try {
    if (scope.set.hasWriteAheadLog) await copyLog(scope, signal)
    await offload.run({ name: 'vacuum' }, signal)
  } catch (error) {
    await dropLogTail({ ...scope, offload: standby }).catch(() => undefined)
    throw error
  } finally {
    watching.stop()
    await standby?.close()
  }
}

export async function analyze(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { offload, connection, run } = scope
  const mode = run.mode === 'full' ? 'full' : 'optimize'
  if (offload !== undefined && isLarge(scope)) {
    await awaitStart(offload, run.signal)
    const gaveWay = await whileNobodyWaits(scope, (signal) => offload.run({ name: 'analyze', mode }, signal))
    return gaveWay === undefined ? { status: 'done' } : { status: 'blocked', reason: gaveWay }
  }
  const thread = worthwhileThread(scope)
  await withWriteLock<unknown>(scope, run.signal, () =>
    thread === undefined ? runAnalyze(connection, mode) : thread.run({ name: 'analyze', mode }, run.signal),
  )
  return { status: 'done' }
}

/** Resolves once a process is there and has the file open: what writers wait for must not begin with that. */
async function awaitStart(offload: SqliteOffload, signal: AbortSignal): Promise<void> {
  if (!offload.isWarm) await offload.run({ name: 'checkpoint', mode: 'NOOP' }, signal)
}

/** Updates the statistics of the query planner. Source: https://www.sqlite.org/lang_analyze.html */
export function runAnalyze(db: { exec(sql: string): void }, mode: 'optimize' | 'full'): void {
  db.exec(`PRAGMA analysis_limit = ${mode === 'full' ? 0 : 400}`)
  // All tables: this connection has queried none, and only those would be looked at.
  db.exec(mode === 'full' ? 'ANALYZE' : 'PRAGMA optimize(0x10002)')
}

/** @throws CORRUPT with the first thing that is wrong */
export async function integrity(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { offload, connection, run } = scope
  const mode = run.integrity === 'full' ? 'full' : 'quick'
  const elsewhere = offload !== undefined && isLarge(scope) ? offload : worthwhileThread(scope)
  const rows =
    elsewhere === undefined
      ? runIntegrity(connection.db, mode)
      : await elsewhere.run({ name: 'integrity', mode }, run.signal)
  const [first = 'nothing'] = rows.map((row) => String(Object.values(row)[0]))
  if (first !== 'ok')
    throw new StoreError('CORRUPT', `the integrity check found: ${first}`, { operation: 'maintenance' })
  return { status: 'done', after: { result: first } }
}

/** Source: https://www.sqlite.org/pragma.html#pragma_integrity_check */
export function runIntegrity(
  db: { prepare(sql: string): { all(parameters: readonly unknown[]): SqliteRow[] } },
  mode: 'quick' | 'full',
): OffloadResult {
  return db.prepare(mode === 'full' ? 'PRAGMA integrity_check' : 'PRAGMA quick_check').all([])
}

/**
 * Runs a task that blocks writers, under the write lock, until a writer has waited `maxWriteWaitMs`. Answers why it
 * gave way, `undefined` if it did not have to.
 */
async function whileNobodyWaits(
  scope: MaintenanceScope,
  task: (signal: AbortSignal) => Promise<unknown>,
): Promise<string | undefined> {
  const { run, clock } = scope
  const giveWay = new AbortController()
  using ending = joinSignals([run.signal, giveWay.signal])
  let timer: unknown
  const { lock } = scope.set
  const { maxWriteWaitMs } = run
  const judge = (maxMs: number): void => {
    timer = undefined
    // Who has left does not count, and nor does the time of one who left for one who came.
    if (lock.waiting === 0) return
    const leftMs = maxMs - lock.longestWaitMs
    if (leftMs > 0) timer = clock.setTimer(() => judge(maxMs), leftMs)
    else giveWay.abort()
  }
  const onWaiter = (): void => {
    if (maxWriteWaitMs !== false && timer === undefined) judge(maxWriteWaitMs)
  }
  try {
    await withWriteLock(scope, run.signal, () => task(ending.signal), onWaiter)
    return undefined
  } catch (error) {
    if (giveWay.signal.aborted && !run.signal.aborted)
      return `gave way to a writer that had waited ${run.maxWriteWaitMs} ms`
    throw error
  } finally {
    if (timer !== undefined) clock.clearTimer(timer)
  }
}

/** A VACUUM tells nothing while it runs, but its log grows to the size of what is in use. */
function watchLog(scope: MaintenanceScope, step: MaintenanceStepName, totalBytes: number): { stop: () => void } {
  const { run, clock, files, set } = scope
  run.progress(step, 0, totalBytes, 'bytes')
  return watchSize(
    clock,
    () => walSizeBytes(files, set.path),
    (sizeBytes) => run.progress(step, Math.min(totalBytes, sizeBytes), totalBytes, 'bytes'),
  )
}

function isLarge(scope: MaintenanceScope): boolean {
  return pagesBytes(scope) > INLINE_CHECK_BYTES
}

function worthwhileThread(scope: MaintenanceScope): SqliteOffload | undefined {
  const { thread } = scope
  return thread?.isWarm === true || pagesBytes(scope) > TINY_BYTES ? thread : undefined
}

function pagesBytes(scope: MaintenanceScope): number {
  const { pageCount, pageSizeBytes } = look(scope)
  return pageCount * pageSizeBytes
}
