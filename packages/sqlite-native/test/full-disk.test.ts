// A disk that is full in a commit, in a checkpoint and in a VACUUM: FULL is told, maintenance gives the space back that
// they took, and the store writes again. Where no small disk can be mounted, the last test says so.
import { describe, expect, it } from 'vitest'
import { hasSmallDisk, onSmallDisk } from './support/small-disk.ts'
import { tempFolder } from './support/temp-folder.ts'

/** A store with 2 MB of rows on the disk, and what the scripts ask of it. */
const script = (folder: string, body: string): string => `
  import { openSqliteStore } from '@upkeep/sqlite-native'
  import { sql } from 'kysely'
  import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
  const folder = ${JSON.stringify(folder)}
  const logger = { warn() {}, error() {} }
  const store = await openSqliteStore({ path: folder + '/app.db', durability: 'full', logger })
  const { db } = store
  await sql\`create table t (id integer primary key, a blob)\`.execute(db)
  const insert = (kilobytes, executor = db) => sql\`with recursive n(n) as (values (1) union all select n + 1 from n
    where n < \${kilobytes}) insert into t (a) select randomblob(1000) from n\`.execute(executor)
  await insert(2000)
  await store.maintenance({ steps: ['checkpoint'] })
  const codeOf = (work) => work.then(() => 'done', ({ code }) => code)
  const stepOf = (report, name) => report.steps.find((step) => step.name === name)
  const freeBytes = () => { const { bavail, bsize } = statfsSync(folder); return bavail * bsize }
  /** Leaves nothing but \`left\` bytes. */
  const fill = (left) => {
    const file = openSync(folder + '/other', 'w')
    const size = freeBytes() - left
    for (let written = 0; written < size; written += 4096) writeSync(file, Buffer.alloc(4096))
    closeSync(file)
  }
  const count = async () => Number((await sql\`select count(*) as n from t\`.execute(db)).rows[0].n)
  const isSound = async () => (await store.maintenance({ steps: ['integrity'], integrity: 'full' })).outcome
  const answer = {}
  ${body}
  answer.sound = await isSound()
  answer.closed = (await store.close()).clean
  console.log(JSON.stringify(answer))`

describe.runIf(hasSmallDisk)('a disk that is full', () => {
  it('in a statement and in a transaction: FULL, all of it undone, and maintenance gives the space back', () => {
    const { folder } = tempFolder()
    const answer = onSmallDisk(
      folder,
      script(
        folder,
        `
        answer.statement = await codeOf(insert(8000))
        answer.transaction = await codeOf(store.transaction(async (tx) => {
          await insert(100, tx)
          await insert(8000, tx)
        }))
        answer.count = await count()
        const before = freeBytes()
        answer.maintenance = (await store.maintenance({ steps: ['checkpoint'] })).outcome
        answer.gaveBack = freeBytes() - before > 2_000_000
        await insert(500)
        answer.after = await count()`,
      ),
    )
    expect(answer).toEqual({
      statement: 'FULL',
      transaction: 'FULL',
      count: 2000,
      maintenance: 'ok',
      gaveBack: true,
      after: 2500,
      sound: 'ok',
      closed: true,
    })
  })

  it('in a checkpoint: FULL, nothing is lost, and with room it is done', () => {
    const { folder } = tempFolder()
    const answer = onSmallDisk(
      folder,
      script(
        folder,
        `
        await insert(1000)
        fill(0)
        answer.first = await codeOf(store.maintenance({ steps: ['checkpoint'] }))
        answer.count = await count()
        answer.write = await codeOf(insert(1000))
        rmSync(folder + '/other')
        answer.maintenance = (await store.maintenance({ steps: ['checkpoint'] })).outcome
        answer.walSizeBytes = store.stats().engine.walSizeBytes
        await insert(100)
        answer.after = await count()`,
      ),
    )
    expect(answer).toEqual({
      first: 'FULL',
      count: 3000,
      write: 'FULL',
      maintenance: 'ok',
      walSizeBytes: 0,
      after: 3100,
      sound: 'ok',
      closed: true,
    })
  })

  it('in a VACUUM: the step failed with FULL, and the space that it took is given back', () => {
    const { folder } = tempFolder()
    const answer = onSmallDisk(
      folder,
      script(
        folder,
        `
        await sql\`delete from t where id % 10 = 0\`.execute(db)
        await store.maintenance({ steps: ['checkpoint'] })
        let isFull = false
        const onProgress = ({ step }) => {
          if (step !== 'vacuum' || isFull) return
          isFull = true
          fill(1_000_000)
        }
        const step = stepOf(await store.maintenance({ steps: ['vacuum'], onProgress }), 'vacuum')
        answer.status = step.status
        answer.reason = /FULL|full/.test(step.reason)
        answer.free = freeBytes() > 900_000
        await insert(100)
        answer.write = await count()
        rmSync(folder + '/other')
        answer.again = (await store.maintenance({ steps: ['vacuum'] })).outcome`,
      ),
    )
    expect(answer).toEqual({
      status: 'failed',
      reason: true,
      free: true,
      write: 1900,
      again: 'ok',
      sound: 'ok',
      closed: true,
    })
  })
})

it.runIf(!hasSmallDisk)('NOT RUN: a disk that is full, since none can be mounted here', () => {
  expect(hasSmallDisk).toBe(false)
})
