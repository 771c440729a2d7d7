/**
 * A process with a store under load, to be killed. Not for import:
 *
 *   node kill-member.ts <database> <file of told numbers> <first number>
 *
 * Several write, with durability `full`; the checkpointer and maintenance have something to do all the time. What was
 * committed is told in a file at once.
 */
import { openSync, writeSync } from 'node:fs'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'
import { quietLogger } from '../quiet-logger.ts'
import type { KilledSchema } from './kill-loop.ts'

const [path = '', toldPath = '', first = ''] = process.argv.slice(2)
const WRITERS = 4
const BALLAST_BYTES = 4000
/** The smallest there is, so that the log is copied often. */
const WAL_LIMIT_BYTES = 64 * 1024

const told = openSync(toldPath, 'a')
let number = Number(first)
let isUnderLoad = false
const store = await openSqliteStore<KilledSchema>({
  path,
  durability: 'full',
  walLimitBytes: WAL_LIMIT_BYTES,
  logger: quietLogger,
})
await sql`create table if not exists pair (number integer, part integer, primary key (number, part))`.execute(store.db)
await sql`create table if not exists ballast (number integer primary key, data blob)`.execute(store.db)

/** Two rows each, or none: on its own, or in a transaction here or on a worker. */
const WRITES: readonly ((number: number) => Promise<unknown>)[] = [
  (number) =>
    store.db
      .insertInto('pair')
      .values([1, 2].map((part) => ({ number, part })))
      .execute(),
  (number) => inTransaction(number, 'inline'),
  (number) => inTransaction(number, 'worker'),
]

function inTransaction(number: number, executor: 'inline' | 'worker'): Promise<unknown> {
  return store.transaction(
    async (tx) => {
      await tx.insertInto('pair').values({ number, part: 1 }).execute()
      await sql`insert into ballast (data) values (randomblob(${BALLAST_BYTES}))`.execute(tx)
      await tx.insertInto('pair').values({ number, part: 2 }).execute()
    },
    { executor },
  )
}

async function write(): Promise<never> {
  for (;;) {
    const mine = number++
    await WRITES[mine % WRITES.length]?.(mine)
    // One write of one line: once it has returned the kernel has it, whatever becomes of this process.
    writeSync(told, `${mine}\n`)
    if (!isUnderLoad) process.send?.('under load')
    isUnderLoad = true
  }
}

/** Gives maintenance something to give back. */
async function maintain(): Promise<never> {
  for (let run = 0; ; run++) {
    await store.db.deleteFrom('ballast').execute()
    await store.maintenance({ mode: run % 4 === 3 ? 'full' : 'light' })
  }
}

await Promise.all([...Array.from({ length: WRITERS }, write), maintain()])
