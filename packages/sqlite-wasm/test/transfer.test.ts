// A database out of the worker as bytes, and another one in its place: whole, at one moment, or not at all.
import { openSqliteStore } from '@upkeep/sqlite-native'
import { exportDatabase, importDatabase, openWasmStore } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { noteCount, openWithNotes } from './support/notes.ts'

describe('an export', () => {
  it('is a SQLite file that is whole, with what was committed and no log', async () => {
    await using store = await openWithNotes(200)
    const blob = await exportDatabase(store)
    const bytes = new Uint8Array(await blob.arrayBuffer())
    expect(new TextDecoder().decode(bytes.subarray(0, 15))).toBe('SQLite format 3')
    expect([bytes[18], bytes[19]]).toEqual([1, 1])
    await using copy = await openWasmStore({ path: ':memory:' })
    await importDatabase(copy, bytes)
    expect(await noteCount(copy)).toBe(200)
    expect((await sql`pragma integrity_check`.execute(copy.db)).rows).toEqual([{ integrity_check: 'ok' }])
  })

  it('sees nothing that is half committed: it waits for the transaction, and goes before the next', async () => {
    await using store = await openWithNotes(10)
    const blobs: Promise<Blob>[] = []
    await store.transaction(async (tx) => {
      await sql`delete from note`.execute(tx)
      await store.detached(async () => void blobs.push(exportDatabase(store)))
      await sql`insert into note (body) values ('only')`.execute(tx)
    })
    await using copy = await openWasmStore({ path: ':memory:' })
    await importDatabase(copy, (await blobs[0]) as Blob)
    expect(await noteCount(copy)).toBe(1)
  })

  it('tells how far it is, from nothing to all', async () => {
    await using store = await openWithNotes(2000)
    const told: number[] = []
    const blob = await exportDatabase(store, { onProgress: ({ doneBytes }) => void told.push(doneBytes) })
    expect(told.length).toBeGreaterThan(1)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(blob.size)
  })

  it('stops with its signal, and leaves nobody waiting', async () => {
    await using store = await openWithNotes(2000)
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    expect(await codeOf(() => exportDatabase(store, { onProgress, signal: controller.signal }))).toBe('ABORTED')
    await sql`insert into note (body) values ('later')`.execute(store.db)
    expect(await noteCount(store)).toBe(2001)
  })

  it('is refused inside a transaction, by other backends, after the close and with unknown options', async () => {
    const store = await openWithNotes(1)
    expect(await codeOf(() => store.transaction(() => exportDatabase(store)))).toBe('NESTED_USE')
    expect(await codeOf(() => exportDatabase(store, { signals: 1 } as object))).toBe('INVALID_ARGUMENT')
    await store.close()
    expect(await codeOf(() => exportDatabase(store))).toBe('CLOSED')
    await using native = await openSqliteStore({ path: ':memory:' })
    expect(await codeOf(() => exportDatabase(native))).toBe('UNSUPPORTED')
    expect(await codeOf(() => importDatabase(native, new Blob([])))).toBe('UNSUPPORTED')
  })
})

describe('an import', () => {
  it('is told as a change of each table, once it is in its place', async () => {
    await using store = await openWithNotes(3)
    await using other = await openWithNotes(5)
    const counts: Promise<number>[] = []
    store.onChange(['note', 'gone'], ({ tables }) => {
      expect(tables).toEqual(['note', 'gone'])
      counts.push(noteCount(store))
    })
    await importDatabase(store, await exportDatabase(other))
    expect(await Promise.all(counts)).toEqual([5])
  })

  it('takes Blobs, streams, buffers and bytes', async () => {
    await using store = await openWithNotes(3)
    const blob = await exportDatabase(store)
    const buffer = await blob.arrayBuffer()
    for (const source of [blob, blob.stream() as ReadableStream<Uint8Array>, buffer, new Uint8Array(buffer)]) {
      await using copy = await openWithNotes(1)
      expect(await importDatabase(copy, source)).toMatchObject({ sizeBytes: blob.size })
      expect(await noteCount(copy)).toBe(3)
    }
  })

  it('has statements that were prepared before see the new tables, with the types of their columns', async () => {
    await using store = await openWasmStore({ path: ':memory:' })
    await sql`create table note (done text, body text)`.execute(store.db)
    const all = sql`select * from note`
    expect((await all.execute(store.db)).rows).toEqual([])
    await using other = await openWasmStore({ path: ':memory:' })
    // As many changes of the schema as in the other one: its number alone does not tell them apart.
    await sql`create table note (done boolean, body text)`.execute(other.db)
    await sql`insert into note values (${true}, 'new')`.execute(other.db)
    await importDatabase(store, await exportDatabase(other))
    expect((await all.execute(store.db)).rows).toEqual([{ done: true, body: 'new' }])
    await sql`insert into note values (${false}, 'more')`.execute(store.db)
    expect((await all.execute(store.db)).rows).toHaveLength(2)
  })

  it('lets a stream that is open read on in the old one', async () => {
    await using store = await openWithNotes(500)
    await using other = await openWithNotes(7)
    const blob = await exportDatabase(other)
    const ids: number[] = []
    for await (const { id } of store.db.selectFrom('note').select('id').stream(10)) {
      if (ids.length === 0) await importDatabase(store, blob)
      ids.push(id)
    }
    expect(ids).toHaveLength(500)
    expect(await noteCount(store)).toBe(7)
  })

  it('takes a file with pages of another size, and grows on', async () => {
    await using native = await openSqliteStore({ path: ':memory:' })
    await sql`create table note (id integer primary key, body text)`.execute(native.db)
    await sql`insert into note (body) values ('native')`.execute(native.db)
    const bytes = await native.withConnection(async ({ raw }) => (raw as { serialize(): Uint8Array }).serialize())
    await using store = await openWithNotes(500)
    await importDatabase(store, new Uint8Array(bytes))
    await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
      insert into note (body) select 'note ' || i from n`.execute(store.db)
    expect(await noteCount(store)).toBe(5001)
    expect((await sql`pragma integrity_check`.execute(store.db)).rows).toEqual([{ integrity_check: 'ok' }])
    expect((await store.maintenance({ mode: 'full' })).outcome).toBe('ok')
  })

  it('keeps the old database from what is none, is cut off or damaged', async () => {
    await using store = await openWithNotes(300)
    const whole = new Uint8Array(await (await exportDatabase(store)).arrayBuffer())
    const damaged = whole.slice()
    damaged.fill(0xff, 8192 + 8, 8192 + 4096)
    const wrong = [
      new Uint8Array(0),
      new Uint8Array(8192),
      whole.subarray(0, 8192),
      damaged,
      new TextEncoder().encode('x'),
    ]
    for (const bytes of wrong) {
      expect(await codeOf(() => importDatabase(store, bytes.slice()))).toBe('CORRUPT')
      expect(await noteCount(store)).toBe(300)
    }
  })

  it('keeps the old database when it is aborted, and is BUSY beside another one', async () => {
    await using other = await openWithNotes(3000)
    const blob = await exportDatabase(other)
    await using store = await openWithNotes(5)
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    const importing = codeOf(() => importDatabase(store, blob, { onProgress, signal: controller.signal }))
    expect(await codeOf(() => importDatabase(store, blob))).toBe('BUSY')
    expect(await importing).toBe('ABORTED')
    expect(await noteCount(store)).toBe(5)
    await importDatabase(store, blob)
    expect(await noteCount(store)).toBe(3000)
  })

  it('waits for the transaction that is open, and what comes after it sees the new one', async () => {
    await using other = await openWithNotes(7)
    const blob = await exportDatabase(other)
    await using store = await openWithNotes(5)
    const replaced = Promise.withResolvers<void>()
    const steps: string[] = []
    await store.transaction(async (tx) => {
      await sql`insert into note (body) values ('old')`.execute(tx)
      const importing = store.detached(() =>
        importDatabase(store, blob, { onProgress: ({ step }) => void steps.push(step) }),
      )
      importing.then(() => replaced.resolve(), replaced.reject)
      expect((await sql`select * from note`.execute(tx)).rows).toHaveLength(6)
      expect(steps).not.toContain('replace')
    })
    await replaced.promise
    expect(await noteCount(store)).toBe(7)
  })

  it('ends its source when it is aborted while that is read', async () => {
    await using store = await openWithNotes(1)
    const controller = new AbortController()
    let cancelled: unknown
    const source = new ReadableStream<Uint8Array>({
      pull: () => void controller.abort('enough'),
      cancel: (reason) => {
        cancelled = reason
      },
    })
    expect(await codeOf(() => importDatabase(store, source, { signal: controller.signal }))).toBe('ABORTED')
    expect(cancelled).toBeDefined()
    const failing = new ReadableStream<Uint8Array>({ pull: (it) => it.error(new Error('network')) })
    expect(await codeOf(() => importDatabase(store, failing))).toBe('CONNECTION')
    expect(await codeOf(() => importDatabase(store, 'file' as never))).toBe('INVALID_ARGUMENT')
  })
})
