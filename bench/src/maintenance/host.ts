/**
 * The process of the store that is maintained. Nothing else in it touches the database file.
 */
import { statSync } from 'node:fs'
import { isStoreError, type MaintenanceContext, type MaintenanceReport, type Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { serve } from '../child.ts'
import type { HostProtocol, MaintenanceRun, VacuumMoment } from './protocols.ts'
import { createDocuments, deleteHalf, type MaintainedSchema } from './schema.ts'
import { errorName, startTraffic } from './traffic.ts'

let opened: Store<MaintainedSchema> | undefined
let aborted: Promise<MaintenanceRun> | undefined

function store(): Store<MaintainedSchema> {
  if (opened === undefined) throw new Error('no store is open')
  return opened
}

async function run(ctx: MaintenanceContext, onVacuum?: () => void): Promise<MaintenanceRun> {
  const startedAt = performance.now()
  let vacuumBeganMs: number | undefined
  let errorCode: string | undefined
  let report: MaintenanceReport | undefined
  try {
    report = await store().maintenance({
      ...ctx,
      onProgress: ({ step }) => {
        if (step !== 'vacuum' || vacuumBeganMs !== undefined) return
        vacuumBeganMs = performance.now() - startedAt
        onVacuum?.()
      },
    })
  } catch (error) {
    errorCode = errorName(error)
    report = isStoreError(error) ? error.report : undefined
  }
  return { elapsedMs: performance.now() - startedAt, errorCode, report, vacuumBeganMs }
}

async function write(): Promise<number> {
  const startedAt = performance.now()
  await store()
    .db.updateTable('counter')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('id', '=', 1)
    .execute()
  return performance.now() - startedAt
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Begins a full VACUUM. `moment` comes when it is time, with `false`, or when the VACUUM has ended before, with `true`. */
function beginVacuum(
  ctx: MaintenanceContext,
  { afterMs, leadMs }: VacuumMoment,
): { run: Promise<MaintenanceRun>; moment: Promise<boolean> } {
  const began = Promise.withResolvers<void>()
  const finished = run({ mode: 'full', ...ctx }, began.resolve)
  const reached = leadMs === undefined ? began.promise.then(() => sleep(afterMs)) : sleep(leadMs + afterMs)
  return { run: finished, moment: Promise.race([reached.then(() => false), finished.then(() => true)]) }
}

await serve<HostProtocol>(() => ({
  build: async ({ path, count }) => {
    const startedAt = performance.now()
    const building = await openSqliteStore<MaintainedSchema>({ path })
    await createDocuments(building.db, count)
    await deleteHalf(building.db, count)
    await building.close({ maintenanceOnClose: false, drainMs: 60_000 })
    return { elapsedMs: performance.now() - startedAt }
  },
  open: async (settings) => {
    opened = await openSqliteStore<MaintainedSchema>(settings)
  },
  close: () => store().close(),
  rest: async ({ count, durationMs }) => {
    const traffic = startTraffic(store().db, count)
    await sleep(durationMs)
    return traffic.stop()
  },
  maintain: async ({ mode, maxWriteWaitMs, trafficCount }) => {
    const traffic = trafficCount === undefined ? undefined : startTraffic(store().db, trafficCount)
    const finished = await run({ mode, maxWriteWaitMs })
    return { run: finished, traffic: await traffic?.stop() }
  },
  abortVacuum: async (when) => {
    const controller = new AbortController()
    const vacuum = beginVacuum({ maxWriteWaitMs: false, signal: controller.signal }, when)
    aborted = vacuum.run
    const finished = await vacuum.moment
    const abortedAtNs = process.hrtime.bigint()
    controller.abort()
    return { abortedAtNs, finished }
  },
  afterAbort: async () => {
    if (aborted === undefined) throw new Error('nothing was aborted')
    const finished = await aborted
    const settledAtNs = process.hrtime.bigint()
    // Nothing but `stat` may touch the files here.
    const walBytes = statSync(`${store().location}-wal`, { throwIfNoEntry: false })?.size ?? 0
    return { run: finished, settledAtNs, walBytes, nextWriteMs: await write() }
  },
  writeInVacuum: async (when) => {
    const vacuum = beginVacuum({}, when)
    await vacuum.moment
    const writeMs = await write()
    return { run: await vacuum.run, writeMs }
  },
}))
