// A full VACUUM in the worker of a database in OPFS: what it gives back, and that it can be stopped in each of its phases.
import { isStoreError, type Store } from '@upkeep/core'
import { openWasmStore } from '@upkeep/sqlite-wasm'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { dropOpfs, opfsFileSize } from '../runs/opfs-folder.ts'

const ROWS = 800
const BLOB_BYTES = 4000

let name = ''
let store: Store<any>

beforeEach(async () => {
  name = `vacuum-${crypto.randomUUID()}`
  store = await openWasmStore({ path: `opfs:${name}`, durability: 'normal' })
  await sql`create table sample (id integer primary key, body blob)`.execute(store.db)
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})
    insert into sample select i, randomblob(${BLOB_BYTES}) from n`.execute(store.db)
  await store.maintenance({ steps: ['checkpoint'] })
})

afterEach(async () => {
  await store.close({ maintenanceOnClose: false })
  await dropOpfs(name)
})

function fileSize(): Promise<number> {
  return opfsFileSize(name, `/${name}`)
}

async function contents(): Promise<unknown> {
  const { rows } = await sql`select count(*) as n, sum(length(body)) as bytes from sample`.execute(store.db)
  return rows[0]
}

/** How a VACUUM ends that is aborted `ms` after it has begun. */
async function abortedAfter(ms: number): Promise<string> {
  const controller = new AbortController()
  const vacuum = store.maintenance({
    steps: ['vacuum'],
    signal: controller.signal,
    onProgress: ({ step, done }) => {
      if (step === 'vacuum' && done === 0) setTimeout(() => controller.abort(), ms)
    },
  })
  return vacuum.then(
    () => 'resolved',
    (error) => (isStoreError(error) ? error.code : String(error)),
  )
}

it('gives back what is free, and the report says what the file system says', async () => {
  const before = await fileSize()
  await sql`delete from sample where id % 2 = 0`.execute(store.db)
  const report = await store.maintenance({ mode: 'full', steps: ['vacuum'] })
  expect(report.steps.find((step) => step.name === 'vacuum')).toMatchObject({
    status: 'done',
    after: { fileSizeBytes: await fileSize(), freePageCount: 0 },
  })
  expect((await fileSize()) < before * 0.6).toBe(true)
  expect(await contents()).toEqual({ n: ROWS / 2, bytes: (ROWS / 2) * BLOB_BYTES })
})

it('is stopped at any moment: the database is whole, and its log small', async () => {
  const startedMs = performance.now()
  await store.maintenance({ mode: 'full', steps: ['vacuum'] })
  const wholeMs = performance.now() - startedMs
  let stoppedCount = 0
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    if ((await abortedAfter(wholeMs * share)) === 'ABORTED') stoppedCount++
    expect(await contents()).toEqual({ n: ROWS, bytes: ROWS * BLOB_BYTES })
    expect((await sql`pragma integrity_check`.execute(store.db)).rows).toEqual([{ integrity_check: 'ok' }])
    expect(await opfsFileSize(name, `/${name}-wal`)).toBeLessThan(4 * 1024 * 1024)
  }
  // One takes twice as long as another: the later ones may have come too late.
  expect(stoppedCount).toBeGreaterThanOrEqual(1)
})
