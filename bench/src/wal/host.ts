/** The process that has the store. Not for import. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { serve } from '../child.ts'
import { quietLogger } from '../quiet-logger.ts'
import { summarizeLatencies } from '../statistics.ts'
import type { SaturationRequest, SaturationResult, ScanRequest, ScanResult, WalProtocol } from './protocols.ts'

const ROW_BYTES = 500
const SAMPLE_MS = 10
/** How long after maintenance memory is looked at. */
const REST_MS = 2000

async function saturate({ path, durationMs, readerMs, ...options }: SaturationRequest): Promise<SaturationResult> {
  const { walLimitBytes } = options
  await using store = await openSqliteStore<{ note: { id: number; text: string } }>({
    path,
    logger: quietLogger,
    ...options,
  })
  await sql`create table note (id integer primary key, text text)`.execute(store.db)
  const walSizeBytes = (): number => store.stats().engine.walSizeBytes ?? 0
  let walPeakBytes = 0
  let wasNamed = false
  let backBelowMs: number | undefined
  const watching = setInterval(() => {
    walPeakBytes = Math.max(walPeakBytes, walSizeBytes())
  }, SAMPLE_MS)
  const read = async (): Promise<void> => {
    await sleep(durationMs / 4)
    const stream = store.db.selectFrom('note').select('id').stream(1)
    await stream.next()
    await sleep(readerMs)
    const { findings } = await store.health({ fresh: true })
    wasNamed = findings.some(({ code, text }) => code === 'wal_held' && text.includes('stream'))
    await stream.return?.()
    const endedMs = performance.now()
    while (walSizeBytes() > walLimitBytes) await sleep(SAMPLE_MS)
    backBelowMs = performance.now() - endedMs
  }
  const reading = readerMs > 0 ? read() : undefined
  const latenciesMs: number[] = []
  const endMs = performance.now() + durationMs
  for (let row = 0; performance.now() < endMs; row++) {
    const startedMs = performance.now()
    await sql`insert into note (text) values (${'x'.repeat(ROW_BYTES) + row})`.execute(store.db)
    latenciesMs.push(performance.now() - startedMs)
  }
  await reading
  clearInterval(watching)
  return { commits: summarizeLatencies(latenciesMs), walPeakBytes, backBelowMs, wasNamed }
}

async function build({ path, sizeBytes }: WalProtocol['build']['request']): Promise<void> {
  await using store = await openSqliteStore({ path, logger: quietLogger, durability: 'normal' })
  await sql`create table big (id integer primary key, data blob)`.execute(store.db)
  for (let built = 0; built < sizeBytes; built += 1000 * 1000) {
    await sql`with recursive n(n) as (values (1) union all select n + 1 from n where n < 1000)
      insert into big (data) select randomblob(1000) from n`.execute(store.db)
  }
}

/** Each thread is some 10 MB for as long as the store is open; that is no memory of a scan. */
async function startThreads(store: Store<any>): Promise<void> {
  await sql`select count(*) from big where id < 10`.execute(store.db)
  await store.transaction((tx) => sql`select 1`.execute(tx), { executor: 'worker', accessMode: 'read only' })
  await store.maintenance({ mode: 'light' })
}

const WARM_ROUNDS = 300

/** As a server does: V8 makes room for new objects, and keeps it. All of it is about a handful of pages. */
async function answerQueries(store: Store<any>): Promise<void> {
  const ask = (id: number): Promise<unknown> => store.db.selectFrom('big').select('id').where('id', '=', id).execute()
  for (let round = 0; round < WARM_ROUNDS; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => ask(index)))
  }
}

async function scan({ isWarm, path, memoryBudgetBytes, sizeBytes }: ScanRequest): Promise<ScanResult> {
  await using store = await openSqliteStore<{ big: { id: number; data: Uint8Array } }>({
    path,
    logger: quietLogger,
    memoryBudgetBytes,
  })
  await startThreads(store)
  if (isWarm) await answerQueries(store)
  const beforeBytes = process.memoryUsage.rss()
  const heapBeforeBytes = process.memoryUsage().heapTotal
  let peakBytes = 0
  for await (const row of store.db.selectFrom('big').select(['id', 'data']).stream(100)) {
    if (row.id % 1000 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - beforeBytes)
  }
  await sql`select sum(length(data)) from big`.execute(store.db)
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - beforeBytes)
  await store.maintenance()
  await sleep(REST_MS)
  return {
    fileSizeBytes: sizeBytes,
    peakBytes,
    afterMaintenanceBytes: process.memoryUsage.rss() - beforeBytes,
    heapBytes: process.memoryUsage().heapTotal - heapBeforeBytes,
  }
}

await serve<WalProtocol>(() => ({ saturate, build, scan }))
