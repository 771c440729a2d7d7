// A database in OPFS out as a file, and another one in its place: its worker may be ended at any moment of that.
import { isStoreError, type Store } from '@upkeep/core'
import {
  exportDatabase,
  importDatabase,
  openWasmStore,
  type RemoteHandle,
  type WasmStoreOptions,
} from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'
import { afterEach, expect, it } from 'vitest'
import { dropOpfs, opfsFileSize } from '../runs/opfs-folder.ts'

const stores: Store<any>[] = []
const names: string[] = []

afterEach(async () => {
  for (const store of stores.splice(0))
    await store.close({ drainMs: 0, maintenanceOnClose: false }).catch(() => undefined)
  for (const name of names.splice(0)) await dropOpfs(name)
})

async function open(name: string, options: Omit<WasmStoreOptions, 'path'> = {}): Promise<Store<any>> {
  const store = await openWasmStore({ path: `opfs:${name}`, durability: 'normal', ...options })
  stores.push(store)
  if (!names.includes(name)) names.push(name)
  return store
}

async function openWithNotes(count: number): Promise<{ readonly name: string; readonly store: Store<any> }> {
  const name = `transfer-${crypto.randomUUID()}`
  const store = await open(name)
  await sql`create table note (id integer primary key, body text)`.execute(store.db)
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into note (body) select hex(randomblob(500)) from n`.execute(store.db)
  return { name, store }
}

async function noteCount(store: Store<any>): Promise<unknown> {
  expect((await sql`pragma integrity_check`.execute(store.db)).rows).toEqual([{ integrity_check: 'ok' }])
  return (await sql<{ n: number }>`select count(*) as n from note`.execute(store.db)).rows[0]?.n
}

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error) => (isStoreError(error) ? error.code : String(error)),
  )
}

it('goes out and comes in, and is there after the next opening; nothing of the way is left', async () => {
  const { store: from } = await openWithNotes(1500)
  const blob = await exportDatabase(from)
  // The database has a log; the file has none.
  expect([...new Uint8Array(await blob.slice(18, 20).arrayBuffer())]).toEqual([1, 1])
  const { name, store } = await openWithNotes(5)
  const steps: string[] = []
  const report = await importDatabase(store, blob.stream(), { onProgress: ({ step }) => void steps.push(step) })
  expect(report.sizeBytes).toBe(blob.size)
  expect([...new Set(steps)]).toEqual(['copy', 'check', 'replace'])
  expect(await noteCount(store)).toBe(1500)
  expect(await opfsFileSize(name, `/${name}-import`)).toBe(0)
  expect(await opfsFileSize(name, `/${name}-wal`)).toBe(0)
  await store.close()
  const again = await open(name)
  expect(await noteCount(again)).toBe(1500)
  await sql`insert into note (body) values ('more')`.execute(again.db)
  expect((await again.maintenance({ mode: 'full' })).outcome).toBe('ok')
  expect(await noteCount(again)).toBe(1501)
})

it('takes a file with pages of another size', async () => {
  const { store: from } = await openWithNotes(70)
  await from.withConnection(({ raw }) =>
    (raw as RemoteHandle).exec('pragma journal_mode = delete; pragma page_size = 1024; vacuum'),
  )
  const blob = await exportDatabase(from)
  expect(new DataView(await blob.slice(0, 100).arrayBuffer()).getUint16(16)).toBe(1024)
  const { store } = await openWithNotes(5)
  await importDatabase(store, blob)
  expect(await noteCount(store)).toBe(70)
  expect((await sql`pragma page_size`.execute(store.db)).rows).toEqual([{ page_size: 8192 }])
})

it('keeps the old database from what is none, is cut off, or was aborted', async () => {
  const { store: from } = await openWithNotes(1500)
  const blob = await exportDatabase(from)
  const { name, store } = await openWithNotes(5)
  for (const source of [new Blob(['nothing']), new Blob([]), blob.slice(0, 65_536)]) {
    expect(await codeOf(importDatabase(store, source))).toBe('CORRUPT')
  }
  for (const at of ['copy', 'check']) {
    const controller = new AbortController()
    const onProgress = ({ step }: { readonly step: string }): void => {
      if (step === at) controller.abort()
    }
    const outcome = await codeOf(importDatabase(store, blob, { signal: controller.signal, onProgress }))
    // The last of them may have come too late; then it is all there.
    expect([outcome, await noteCount(store)]).toEqual(outcome === 'ABORTED' ? ['ABORTED', 5] : ['resolved', 1500])
    if (at === 'copy') expect(outcome).toBe('ABORTED')
  }
  expect(await opfsFileSize(name, `/${name}-import`)).toBe(0)
})

it('leaves the old one or the new one where its page goes in the middle', async () => {
  const { store: from } = await openWithNotes(1500)
  const blob = await exportDatabase(from)
  for (const at of ['copy', 'replace']) {
    const { name, store } = await openWithNotes(5)
    const isThere = Promise.withResolvers<void>()
    const onProgress = ({ step }: { readonly step: string }): void => {
      if (step === at) isThere.resolve()
    }
    const importing = codeOf(importDatabase(store, blob, { onProgress }))
    await isThere.promise
    ;(globalThis as unknown as EventTarget).dispatchEvent(new Event('pagehide'))
    const outcome = await importing
    expect(['OUTCOME_UNKNOWN', 'resolved']).toContain(outcome)
    const count = await noteCount(await open(name))
    expect(outcome === 'resolved' || at === 'replace' ? [1500] : [5, 1500]).toContain(count)
    expect(await opfsFileSize(name, `/${name}-import`)).toBe(0)
  }
})

it('health tells of the storage, and warns of one that is not kept only who has asked for that', async () => {
  for (const persist of [false, true]) {
    const store = await open(`transfer-${crypto.randomUUID()}`, { persist })
    const { findings } = await store.health()
    const isKept = await (navigator as unknown as { storage: { persisted(): Promise<boolean> } }).storage.persisted()
    const persistent = findings.find(({ code }) => code === 'storage_persistent')
    expect(persistent).toMatchObject({ status: persist && !isKept ? 'warn' : 'pass', value: Number(isKept) })
    const used = findings.find(({ code }) => code === 'storage_used')
    expect(used?.value).toBeGreaterThan(0)
    expect(used).toMatchObject({ status: 'pass', limit: 0.9 })
  }
})
