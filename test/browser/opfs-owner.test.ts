// Who has a database in OPFS: one worker at a time, whoever ends it, and nothing that was committed is lost on the way.
import { isStoreError, type Store } from '@upkeep/core'
import { openWasmStore, type WasmStoreOptions } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'
import { afterEach, expect, it } from 'vitest'
import { dropOpfs } from '../runs/opfs-folder.ts'
import { createManualClock } from '../src/suite/manual-clock.ts'

const stores: Store<any>[] = []
let name = ''

afterEach(async () => {
  for (const store of stores.splice(0))
    await store.close({ drainMs: 0, maintenanceOnClose: false }).catch(() => undefined)
  await dropOpfs(name)
})

async function open(options: Omit<WasmStoreOptions, 'path'> = {}): Promise<Store<any>> {
  const store = await openWasmStore({ path: `opfs:${name}`, ...options })
  stores.push(store)
  return store
}

async function openWithNote(options: Omit<WasmStoreOptions, 'path'> = {}): Promise<Store<any>> {
  name = `owner-${crypto.randomUUID()}`
  const store = await open(options)
  await sql`create table note (body text)`.execute(store.db)
  await sql`insert into note values ('kept')`.execute(store.db)
  return store
}

async function notesOf(store: Store<any>): Promise<unknown[]> {
  return (await sql`select body from note`.execute(store.db)).rows
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error) => (isStoreError(error) ? error.code : String(error)),
  )
}

/** Never ends. */
const ENDLESS = sql`'lost' from json_each('[1]') where
  (with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n) > 0`

/** Puts `value` in the place of a member until the end of the block. */
function replaced<T extends object, K extends keyof T>(target: T, name: K, value: T[K]): Disposable {
  const before = target[name]
  target[name] = value
  return {
    [Symbol.dispose]() {
      target[name] = before
    },
  }
}

interface PageWorker {
  postMessage(message: unknown): void
  terminate(): void
}

/** The workers that are spoken to in the block. */
function hearWorkers(): Disposable & { readonly heard: ReadonlySet<PageWorker> } {
  const { prototype } = (globalThis as unknown as { readonly Worker: { readonly prototype: PageWorker } }).Worker
  const { postMessage } = prototype
  const heard = new Set<PageWorker>()
  const hear = function (this: PageWorker, message: unknown): void {
    heard.add(this)
    postMessage.call(this, message)
  }
  return { heard, ...replaced(prototype, 'postMessage', hear) }
}

it('a second worker is BUSY, and told that somebody has it', async () => {
  const first = await openWithNote()
  const failure = await open({ busyTimeoutMs: 0 }).catch((error) => error)
  expect(failure).toMatchObject({ code: 'BUSY', operation: 'open' })
  const { held = [] } = await navigator.locks.query()
  const holder = held.find((lock) => lock.name?.endsWith(name))?.clientId ?? 'nobody'
  expect(failure.message).toContain(holder)
  expect(await notesOf(first)).toEqual([{ body: 'kept' }])
})

it('one that waits has it when the first has closed', async () => {
  const first = await openWithNote()
  const second = open()
  await first.close()
  expect(await notesOf(await second)).toEqual([{ body: 'kept' }])
})

it('waiting ends with the signal', async () => {
  await openWithNote()
  const controller = new AbortController()
  const waiting = codeOf(open({ signal: controller.signal }))
  controller.abort()
  expect(await waiting).toBe('ABORTED')
})

it('a page that goes lets go of it in the middle of a statement; its store is gone, what was committed is not', async () => {
  const first = await openWithNote()
  const running = codeOf(sql`insert into note select ${ENDLESS}`.execute(first.db))
  ;(globalThis as unknown as EventTarget).dispatchEvent(new Event('pagehide'))
  expect(await running).toBe('OUTCOME_UNKNOWN')
  expect(await codeOf(sql`select 1`.execute(first.db))).toBe('OUTCOME_UNKNOWN')
  expect(await notesOf(await open())).toEqual([{ body: 'kept' }])
})

it('a page hears that its worker was ended by others', async () => {
  const first = await openWithNote()
  using workers = hearWorkers()
  const running = codeOf(sql`insert into note select ${ENDLESS}`.execute(first.db))
  for (const worker of workers.heard) worker.terminate()
  expect(await running).toBe('OUTCOME_UNKNOWN')
  expect(await codeOf(first.transaction(async () => undefined))).toBe('CONNECTION')
  expect(await notesOf(await open())).toEqual([{ body: 'kept' }])
})

it('a worker that does not stop is ended once all have given up, and not before', async () => {
  const clock = createManualClock()
  // Then it never sees that it is to stop.
  using _ = replaced(URL, 'revokeObjectURL', () => undefined)
  const first = await openWithNote({ clock })
  const controller = new AbortController()
  const untimed = first.withTimeout(false)
  const running = codeOf(sql`insert into note select ${ENDLESS}`.execute(untimed, { signal: controller.signal }))
  const patience = new AbortController()
  const waiting = codeOf(sql`select 1`.execute(untimed, { signal: patience.signal }))
  controller.abort()
  clock.advance(60_000)
  // Nobody has ended it yet: then it would have been settled.
  expect(await Promise.race([running, Promise.resolve('under way')])).toBe('under way')
  patience.abort()
  clock.advance(10_000)
  expect(await running).toBe('OUTCOME_UNKNOWN')
  expect(['ABORTED', 'OUTCOME_UNKNOWN']).toContain(await waiting)
  expect(await notesOf(await open())).toEqual([{ body: 'kept' }])
})

it('databases of two names know nothing of each other', async () => {
  await openWithNote()
  const other = name
  const second = await openWithNote()
  await sql`delete from note`.execute(second.db)
  expect(await notesOf(stores[0] as Store<any>)).toEqual([{ body: 'kept' }])
  await second.close()
  await stores[0]?.close()
  await dropOpfs(other)
})
