/**
 * What a topic of the suite works with: tests that each own a database, and assertions on codes.
 *
 * Every test cleans up after itself, also when it failed half way: clients are killed, clocks released, stores closed
 * without draining, the database dropped. The first error wins.
 */
import { isStoreError, type Store, type StoreError, type StoreErrorCode, type StoreLog } from '@upkeep/core'
import { type Client, connectClient } from '../client/client.ts'
import { turns } from './gate.ts'
import type { Harness, ProbeRow, TestDatabase, TestStoreOptions } from './harness.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import type { TestRunner } from './runner.ts'
import { createTables, type TestSchema } from './test-schema.ts'

/** One test's world. */
export interface Scenario {
  readonly database: TestDatabase
  /** Opens a store on the test's database; it is closed at the end. */
  open<DB = TestSchema>(options?: TestStoreOptions): Promise<Store<DB>>
  /** Opens a store and creates tables in it. */
  openWith(tables: readonly (keyof TestSchema)[], options?: TestStoreOptions): Promise<Store<TestSchema>>
  /** A clock that stands still until told; at the end of the test it runs free. */
  manualClock(): ManualClock
  /** Another process with a store on the same database. Only where `capabilities.multiProcess`. */
  client(): Promise<Client>
  /**
   * Lets `count` statements come to where they wait for another's lock: until the server says that they do, where the locks
   * are the server's; else some turns of the event loop.
   */
  untilWaiting(count?: number): Promise<void>
  /** One statement in another process, beside the store. Only where `capabilities.multiProcess`. */
  probe(sql: string): Promise<readonly ProbeRow[]>
}

/** Handed to every {@link Topic}. */
export interface Suite extends Pick<TestRunner, 'describe' | 'expect'> {
  readonly harness: Harness
  test(name: string, work: (scenario: Scenario) => Promise<void>): void
  /** Asserts that `promise` rejects with a StoreError of `code`, and gives it. */
  expectCode(promise: Promise<unknown>, code: StoreErrorCode): Promise<StoreError>
}

/** Registers the tests of one topic. */
export type Topic = (suite: Suite) => void

/** A {@link Suite} over `runner` and `harness`. */
export function createSuite(runner: TestRunner, harness: Harness): Suite {
  const { describe, expect, it } = runner
  return {
    harness,
    describe,
    expect,
    test(name, work) {
      it(name, () => runScenario(harness, work))
    },
    async expectCode(promise, code) {
      const error = await rejectionOf(promise)
      expect(isStoreError(error) ? error.code : error).toBe(code)
      return error as StoreError
    },
  }
}

/** Who waits for a lock of another session. */
const WAITING_ON_SERVER =
  "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

/** Stores that are left open on purpose would otherwise warn on the console. */
const SILENT: StoreLog = { warn: () => undefined, error: () => undefined }

/** What `promise` rejects with; the string `resolved` if it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'resolved'
  } catch (error) {
    return error
  }
}

async function runScenario(harness: Harness, work: (scenario: Scenario) => Promise<void>): Promise<void> {
  const database = await harness.createDatabase()
  const stores: Store<any>[] = []
  const clients: Client[] = []
  const clocks: ManualClock[] = []
  const scenario: Scenario = {
    database,
    async open<DB>(options?: TestStoreOptions) {
      const store = await database.openStore<DB>({ logger: SILENT, ...options })
      stores.push(store)
      return store
    },
    async openWith(tables, options) {
      const store = await scenario.open<TestSchema>(options)
      await createTables(store, ...tables)
      return store
    },
    manualClock() {
      const clock = createManualClock()
      clocks.push(clock)
      return clock
    },
    async client() {
      if (database.spawnClient === undefined) throw new Error(`${harness.name}: the harness has no spawnClient`)
      const client = await connectClient(await database.spawnClient())
      clients.push(client)
      return client
    },
    async untilWaiting(count = 1) {
      if (harness.dialect === 'sqlite') return turns()
      while ((await scenario.probe(WAITING_ON_SERVER)).length < count) await turns(1)
    },
    probe(sql) {
      if (database.probe === undefined) throw new Error(`${harness.name}: the harness has no probe`)
      return database.probe(sql)
    },
  }

  const errors: unknown[] = []
  const attempt = async (step: () => Promise<unknown>): Promise<void> => {
    try {
      await step()
    } catch (error) {
      errors.push(error)
    }
  }
  await attempt(() => work(scenario))
  for (const clock of clocks) clock.release()
  for (const client of clients) await attempt(() => client.kill())
  for (const store of stores) await attempt(() => store.close({ drainMs: 0, maintenanceOnClose: false }))
  await attempt(() => database.drop())
  if (errors.length > 0) throw errors[0]
}
