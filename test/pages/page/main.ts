// A page with a store that the tests drive from outside. It tells what was acknowledged, and when.
import type { Store } from '@upkeep/core'
import { openWasmStore } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'

/** Of the test: hears of each row whose commit was acknowledged. */
declare const acknowledged: (id: number) => Promise<void>

/** What is in a database. */
export interface Contents {
  readonly ids: readonly number[]
  readonly integrity: unknown
}

const workers: { terminate(): void }[] = []
const scope = globalThis as unknown as { Worker: new (...parameters: any[]) => { terminate(): void } }
scope.Worker = class extends scope.Worker {
  constructor(...parameters: any[]) {
    super(...parameters)
    workers.push(this)
  }
}

let store: Store<any>

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: { code?: string }) => error.code ?? String(error),
  )
}

export const page = {
  /** Answers how long the page and the store took, from the beginning of the navigation. */
  async open(name: string, busyTimeoutMs = 5000): Promise<{ openMs: number; sinceNavigationMs: number }> {
    const startedMs = performance.now()
    store = await openWasmStore({ path: `opfs:${name}`, busyTimeoutMs })
    const nowMs = performance.now()
    return { openMs: nowMs - startedMs, sinceNavigationMs: nowMs }
  },

  async fill(rows: number, bytes: number): Promise<void> {
    await sql`create table if not exists entry (id integer primary key)`.execute(store.db)
    await sql`create table if not exists filling (id integer primary key, body blob)`.execute(store.db)
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into filling (body) select randomblob(${bytes}) from n where ${rows} > 0`.execute(store.db)
    await store.maintenance({ steps: ['checkpoint'] })
  },

  /** Writes one row after the other until the page, or its worker, is no more. */
  write(fromId: number): void {
    void (async () => {
      for (let id = fromId; ; id++) {
        await sql`insert into entry (id) values (${id})`.execute(store.db)
        await acknowledged(id)
      }
    })().catch(() => undefined)
  },

  /** Does a full VACUUM after the other, as long. */
  vacuum(): void {
    void (async () => {
      for (;;) await store.maintenance({ steps: ['vacuum'] })
    })().catch(() => undefined)
  },

  async contents(): Promise<Contents> {
    const { rows } = await sql<{ id: number }>`select id from entry order by id`.execute(store.db)
    const { rows: checks } = await sql<{ integrity_check: unknown }>`pragma integrity_check`.execute(store.db)
    return { ids: rows.map(({ id }) => id), integrity: checks[0]?.integrity_check }
  },

  /** Its code, if it fails. */
  async runTogether(...texts: readonly string[]): Promise<string> {
    return codeOf(
      store.transaction(async (tx) => {
        for (const text of texts) await sql.raw(text).execute(tx)
      }),
    )
  },

  /** As the browser does that needs memory. */
  endWorkers(): void {
    for (const worker of workers.splice(0)) worker.terminate()
  },

  /** Its code, if it fails. */
  async run(text: string): Promise<string> {
    return codeOf(sql.raw(text).execute(store.db))
  },

  async rows(text: string): Promise<unknown[]> {
    return (await sql.raw(text).execute(store.db)).rows
  },

  async maintain(steps?: readonly string[]): Promise<unknown> {
    const { outcome, steps: done } = await store.maintenance(steps === undefined ? {} : { steps: steps as never })
    return { outcome, steps: done.map(({ name, status, reason }) => ({ name, status, reason })) }
  },

  async usedBytes(): Promise<number | undefined> {
    const { storage } = navigator as unknown as { storage: { estimate(): Promise<{ usage?: number }> } }
    return (await storage.estimate()).usage
  },

  async close(): Promise<boolean> {
    return (await store.close({ drainMs: 0, maintenanceOnClose: false })).clean
  },
}

export type StorePage = typeof page
;(globalThis as unknown as { storePage: StorePage }).storePage = page
