/** The process that has the store. Not for import. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isStoreError, type Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { Child, serve } from '../child.ts'
import { quietLogger } from '../quiet-logger.ts'
import { watchLag } from './loop-lag.ts'
import type {
  AbortKind,
  AbortProtocol,
  AbortRequest,
  AbortResult,
  LockProbeProtocol,
  UnsignalledRequest,
} from './protocols.ts'

/** A roll-back takes its time, and so does the store's way to a maintenance that nobody has asked for. */
const PATIENCE_MS = 120_000

/** Each time another text, so that it is not known as long and begins on the thread of the caller. */
const TEXTS: Readonly<Record<AbortKind, string>> = {
  'endless expression': 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n',
  'cross join': 'select count(*) from big a, big b where a.part + b.part < 0',
  // What it sorts is not told: that is the sort alone.
  sort: 'select count(*) from (select id, label from big order by label, id desc limit 1000000000)',
  'create index': 'create index big_label on big (label, part)',
  update: 'update big set part = part + 1',
}
const WRITES: readonly AbortKind[] = ['create index', 'update']
/** Ends a statement that has only to wait until the threads are there. */
const WARM_UP_MS = 100
let issued = 0

async function build({ path, rowCount }: AbortProtocol['build']['request']): Promise<void> {
  await using store = await openSqliteStore({ path, logger: quietLogger, durability: 'normal' })
  await sql`create table big (id integer primary key, part integer not null, label text not null)`.execute(store.db)
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rowCount})
    insert into big select i, i % 97, 'row ' || (i * 7919 % 1000003) from n`.execute(store.withTimeout(false))
}

/** A read holds no lock that another process could wait for; in a transaction that writes it does, until it stops. */
function issue(store: Store<any>, kind: AbortKind, signal: AbortSignal): Promise<unknown> {
  const statement = sql.raw(`${TEXTS[kind]} -- ${++issued}`)
  if (WRITES.includes(kind)) return statement.execute(store.withTimeout(PATIENCE_MS), { signal })
  return store.transaction((tx) => statement.execute(tx), { signal, timeoutMs: PATIENCE_MS })
}

/** The threads of a store start when they are first needed; the watchdog's when it is opened, beside it. */
async function warmUp(store: Store<any>): Promise<void> {
  await store.transaction(async () => undefined, { executor: 'worker' })
  for (let i = 0; i < 2; i++) {
    const statement = sql.raw(`${TEXTS['endless expression']} -- ${++issued}`)
    await statement.execute(store.withTimeout(WARM_UP_MS)).catch((error: unknown) => {
      if (!isStoreError(error) || error.code !== 'TIMEOUT') throw error
    })
  }
}

async function abort({ path, kind, momentsMs }: AbortRequest): Promise<AbortResult> {
  await using store = await openSqliteStore({ path, logger: quietLogger, close: { maintenanceOnClose: false } })
  const probe = await Child.start<LockProbeProtocol>({
    name: 'probe',
    script: join(import.meta.dirname, 'lock-probe.ts'),
  })
  try {
    await probe.ask('open', path)
    const unlockedMs: number[] = []
    const settledMs: number[] = []
    let doneCount = 0
    await warmUp(store)
    using lag = watchLag()
    for (const momentMs of momentsMs) {
      const controller = new AbortController()
      let isSettled = false
      const running = issue(store, kind, controller.signal).then(
        () => ({ code: 'done', atNs: process.hrtime.bigint() }),
        (error: unknown) => ({ code: isStoreError(error) ? error.code : String(error), atNs: process.hrtime.bigint() }),
      )
      void running.finally(() => {
        isSettled = true
      })
      await sleep(momentMs)
      if (isSettled) doneCount++
      else {
        const abortedNs = process.hrtime.bigint()
        controller.abort()
        const [{ code, atNs }, lockedNs] = await Promise.all([running, probe.ask('lock', undefined)])
        if (code === 'done') doneCount++
        else if (code !== 'ABORTED') throw new Error(`${kind}: ${code}`)
        else {
          settledMs.push(Number(atNs - abortedNs) / 1e6)
          unlockedMs.push(Number(lockedNs - abortedNs) / 1e6)
        }
      }
      await sql`drop index if exists big_label`.execute(store.withTimeout(PATIENCE_MS))
    }
    return { unlockedMs, settledMs, doneCount, maxLagMs: lag.maxMs }
  } finally {
    await probe.stop()
  }
}

async function unsignalled({ path, kind, count, timeoutMs }: UnsignalledRequest): Promise<number> {
  await using store = await openSqliteStore({ path, logger: quietLogger, close: { maintenanceOnClose: false } })
  await warmUp(store)
  using lag = watchLag()
  for (let i = 0; i < count; i++) {
    try {
      await sql.raw(`${TEXTS[kind]} -- ${++issued}`).execute(store.withTimeout(timeoutMs))
    } catch (error) {
      if (!isStoreError(error) || error.code !== 'TIMEOUT') throw error
    }
    await sql`drop index if exists big_label`.execute(store.withTimeout(PATIENCE_MS))
  }
  return lag.maxMs
}

await serve<AbortProtocol>(() => ({ build, abort, unsignalled }))
