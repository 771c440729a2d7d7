/** The process of the store under retention. Nothing else in it touches the database file, but for `stat`. */
import { statSync } from 'node:fs'
import { deleteOlderThan, type Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { serve } from '../child.ts'
import { createDocuments } from '../maintenance/schema.ts'
import { startTraffic } from '../maintenance/traffic.ts'
import type { MemoryGrowth, RetentionProtocol } from './protocols.ts'
import { countOld, createEvents, MAX_AGE, type RetainedSchema } from './schema.ts'

const SAMPLE_MS = 50

let opened: Store<RetainedSchema> | undefined

function store(): Store<RetainedSchema> {
  if (opened === undefined) throw new Error('no store is open')
  return opened
}

/** The traffic knows its own tables only. */
function trafficDb(): Parameters<typeof startTraffic>[0] {
  return store().db as unknown as Parameters<typeof startTraffic>[0]
}

/** Looks at memory and log until `stop`. */
function watchSizes(path: string): { stop(): { memory: MemoryGrowth; walPeakBytes: number } } {
  globalThis.gc?.()
  const before = process.memoryUsage()
  let rssBytes = 0
  let heapBytes = 0
  let walPeakBytes = 0
  const look = (): void => {
    const now = process.memoryUsage()
    rssBytes = Math.max(rssBytes, now.rss - before.rss)
    heapBytes = Math.max(heapBytes, now.heapUsed - before.heapUsed)
    walPeakBytes = Math.max(walPeakBytes, statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }
  const timer = setInterval(look, SAMPLE_MS)
  return {
    stop() {
      clearInterval(timer)
      look()
      globalThis.gc?.()
      const heapKeptBytes = process.memoryUsage().heapUsed - before.heapUsed
      return { memory: { rssBytes, heapBytes, heapKeptBytes }, walPeakBytes }
    },
  }
}

await serve<RetentionProtocol>(() => ({
  build: async ({ path, eventCount, documentCount }) => {
    const building = await openSqliteStore<RetainedSchema>({ path, durability: 'normal' })
    await createDocuments(building.db as never, documentCount)
    await createEvents(building.db, eventCount)
    await building.close({ maintenanceOnClose: false, drainMs: 60_000 })
  },
  open: async (settings) => {
    opened = await openSqliteStore<RetainedSchema>(settings)
  },
  close: async () => void (await store().close({ maintenanceOnClose: false })),
  rest: async ({ documentCount, durationMs }) => {
    await countOld(store().db)
    const sizes = watchSizes(store().location)
    const traffic = startTraffic(trafficDb(), documentCount)
    await new Promise((resolve) => setTimeout(resolve, durationMs))
    return { traffic: await traffic.stop(), memory: sizes.stop().memory }
  },
  retain: async ({ documentCount, withCallback }) => {
    let toldCount = 0
    const onDeleted = async (ids: readonly number[]): Promise<void> => {
      toldCount += ids.length
    }
    const callback = withCallback ? { onDeleted } : {}
    const sizes = watchSizes(store().location)
    const traffic = startTraffic(trafficDb(), documentCount)
    const startedAt = performance.now()
    const report = await store().maintenance({
      steps: ['inspect'],
      tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge: MAX_AGE, ...callback })],
    })
    const elapsedMs = performance.now() - startedAt
    const felt = await traffic.stop()
    const [task] = report.tasks
    return { elapsedMs, task, traffic: felt, ...sizes.stop(), toldCount, leftCount: await countOld(store().db) }
  },
}))
