// Migrations of a database in OPFS, while another context has it open: a worker of its own thread, which does as an older
// release of the page would, or a newer one, by the browser's means alone.
import { isStoreError, type Store } from '@upkeep/core'
import { openWasmStore, type WasmStoreOptions } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { afterEach, expect, it } from 'vitest'
import { dropOpfs } from '../runs/opfs-folder.ts'

const closing: (() => unknown)[] = []
let name = ''

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await dropOpfs(name)
})

/** Holds the lock, or asks for it as a migration does; says when it has it, and when it is asked to go. */
const TAB = `
  const { name, mode } = JSON.parse(self.name)
  const channel = new BroadcastChannel(name)
  channel.onmessage = () => postMessage('asked')
  const held = navigator.locks.request(name, { mode }, () => new Promise((resolve) => {
    postMessage('has it')
    onmessage = () => resolve()
  }))
  if (mode === 'exclusive') channel.postMessage({ asking: 1 })
`

interface TabWorker {
  onmessage: ((event: { readonly data: string }) => void) | null
  postMessage(message: string): void
  terminate(): void
}
declare const Worker: new (url: string, options: { readonly name: string }) => TabWorker

class Tab {
  readonly #worker: TabWorker
  readonly #said: string[] = []
  #onSaid: (() => void) | undefined

  constructor(mode: 'shared' | 'exclusive') {
    const url = URL.createObjectURL(new Blob([TAB]))
    this.#worker = new Worker(url, { name: JSON.stringify({ name: `upkeep-version:${name}`, mode }) })
    this.#worker.onmessage = ({ data }) => {
      this.#said.push(data)
      this.#onSaid?.()
    }
    closing.push(() => {
      this.#worker.terminate()
      URL.revokeObjectURL(url)
    })
  }

  async says(what: string): Promise<void> {
    while (!this.#said.includes(what)) {
      await new Promise<void>((resolve) => {
        this.#onSaid = resolve
      })
    }
  }

  has(what: string): boolean {
    return this.#said.includes(what)
  }

  letGo(): void {
    this.#worker.postMessage('let go')
  }
}

async function open(options: Omit<WasmStoreOptions, 'path'> = {}): Promise<Store<any>> {
  name = `versions-${crypto.randomUUID()}`
  const store = await openWasmStore({ path: `opfs:${name}`, ...options })
  closing.unshift(() => store.close({ drainMs: 0, maintenanceOnClose: false }).catch(() => undefined))
  return store
}

const provider: MigrationProvider = {
  getMigrations: async () => ({
    one: { up: (db) => sql`create table note (body text)`.execute(db).then(() => undefined) },
  }),
}

const hasTable = async (store: Store<any>): Promise<boolean> =>
  (await sql`select 1 from sqlite_schema where name = 'note'`.execute(store.db)).rows.length > 0

it('what is pending waits for another tab, which is asked to go, and is run when it has', async () => {
  const store = await open()
  const old = new Tab('shared')
  await old.says('has it')
  const migrating = store.migrate(provider)
  await old.says('asked')
  expect(await hasTable(store)).toBe(false)
  old.letGo()
  expect((await migrating).applied).toEqual(['one'])
})

it('where nothing is pending another tab stays, and is not asked', async () => {
  const store = await open()
  await store.migrate(provider)
  const other = new Tab('shared')
  await other.says('has it')
  expect((await store.migrate(provider)).applied).toEqual([])
  expect(other.has('asked')).toBe(false)
})

it('an abort ends the waiting, and nothing is run', async () => {
  const store = await open()
  const old = new Tab('shared')
  await old.says('has it')
  const controller = new AbortController()
  const migrating = store.migrate(provider, { signal: controller.signal }).catch((error) => error)
  await old.says('asked')
  controller.abort()
  const error = await migrating
  expect(isStoreError(error) && error.code).toBe('ABORTED')
  expect(await hasTable(store)).toBe(false)
})

it('a store that is in the way is told, and the other one has its way when it has closed', async () => {
  const closed: Promise<unknown>[] = []
  const store = await open({ onVersionChange: () => void closed.push(store.close()) })
  const newer = new Tab('exclusive')
  await newer.says('has it')
  expect(closed.length).toBe(1)
  expect(store.status).toBe('closed')
})

it('a tab that opens the database waits for a migration, and is BUSY when it takes too long', async () => {
  await open().then((store) => store.close())
  const newer = new Tab('exclusive')
  await newer.says('has it')
  const path = `opfs:${name}`
  const busy = await openWasmStore({ path, busyTimeoutMs: 0 }).catch((error) => error)
  expect(isStoreError(busy) && busy.code).toBe('BUSY')
  const opening = openWasmStore({ path, busyTimeoutMs: 60_000 })
  newer.letGo()
  await (await opening).close()
})
