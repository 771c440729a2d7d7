/** What a store in another process can be asked to do. Scripts that hold something keep it until `release`. */
import { type CloseReport, deleteOlderThan, type MaintenanceReport, type Store } from '@upkeep/core'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createGate, type Gate } from '../suite/gate.ts'
import { isolationOf } from '../suite/increment.ts'
import { createMigrations, createMigrationsOfAll } from './migrations.ts'

/** See the module. */
export interface ClientScripts {
  /** One statement through the store there. */
  run(args: { sql: string }): Promise<readonly Record<string, unknown>[]>
  /** Reads `counter` and writes it back one higher, in a transaction each time. */
  increment(args: { times: number }): Promise<void>
  /** Begins a transaction that has read or written, and answers when it has. */
  hold(args: { access: 'read' | 'write' }): Promise<void>
  /** Becomes the maintainer and stops in `onBegin`; answers when it is there. */
  holdMaintenance(args: undefined): Promise<void>
  /**
   * Deletes the old rows of `event`, a day or older, and stops in the `onDeleted` after so many; answers the ids that were
   * told until then, and those that are being told.
   */
  holdRetention(args: { batchSize: number; tellBefore: number }): Promise<{ told: number[]; telling: number[] }>
  /** Starts the suite's migrations and stops in the first one; answers when it is there. */
  holdMigration(args: undefined): Promise<void>
  /** Lets go of what is held and answers when that has ended. */
  release(args: undefined): Promise<void>
  /** Runs the suite's migrations to the latest; answers the names of those it ran. */
  migrate(args: undefined): Promise<readonly string[]>
  /** The same by `store.migrate()`, on an empty database: they make all they need. */
  migrateAll(args: undefined): Promise<readonly string[]>
  maintain(args: undefined): Promise<MaintenanceReport>
  close(args: undefined): Promise<CloseReport>
}

/** The scripts on `store`. */
export function createClientScripts(store: Store<any>): ClientScripts {
  let held: { gate: Gate; ended: Promise<unknown> } | undefined
  const hold = async (start: (reached: () => void, gate: Gate) => Promise<unknown>): Promise<void> => {
    if (held !== undefined) throw new Error('the client holds something already')
    const gate = createGate()
    const reached = createGate()
    const ended = start(reached.open, gate)
    held = { gate, ended }
    await Promise.race([reached.opened, ended])
  }
  return {
    async run(args) {
      return (await sql<Record<string, unknown>>`${sql.raw(args.sql)}`.execute(store.db)).rows
    },
    async increment({ times }) {
      for (let time = 0; time < times; time++) {
        await store.transaction(async (tx) => {
          const { value } = await tx.selectFrom('counter').select('value').where('id', '=', 1).executeTakeFirstOrThrow()
          await tx
            .updateTable('counter')
            .set({ value: Number(value) + 1 })
            .where('id', '=', 1)
            .execute()
        }, isolationOf(store))
      }
    },
    hold: ({ access }) =>
      hold((reached, gate) =>
        store.transaction(
          async (tx) => {
            if (access === 'read') await tx.selectFrom('counter').selectAll().execute()
            else await tx.updateTable('counter').set({ value: sql`value` }).execute()
            reached()
            await gate.opened
          },
          { accessMode: access === 'read' ? 'read only' : 'read write' },
        ),
      ),
    holdMaintenance: () =>
      hold((reached, gate) =>
        store.maintenance({
          mode: 'light',
          onBegin: async () => {
            reached()
            await gate.opened
          },
        }),
      ),
    async holdRetention({ batchSize, tellBefore }) {
      const told: number[] = []
      let telling: number[] = []
      let calls = 0
      await hold((reached, gate) => {
        const onDeleted = async (ids: readonly number[]): Promise<void> => {
          if (calls++ === tellBefore) {
            telling = [...ids]
            reached()
            await gate.opened
          }
          told.push(...ids)
        }
        const task = deleteOlderThan({ table: 'event', column: 'at', maxAge: { days: 1 }, batchSize, onDeleted })
        return store.maintenance({ mode: 'light', tasks: [task] })
      })
      return { told, telling }
    },
    holdMigration: () =>
      hold(async (reached, gate) => {
        const provider = createMigrations(async () => {
          reached()
          await gate.opened
        })
        const { error } = await new Migrator({ db: store.db, provider }).migrateToLatest()
        if (error !== undefined) throw error
      }),
    async release() {
      const ended = held?.ended
      held?.gate.open()
      held = undefined
      await ended
    },
    async migrate() {
      const { error, results } = await new Migrator({ db: store.db, provider: createMigrations() }).migrateToLatest()
      if (error !== undefined) throw error
      return (results ?? []).map((result) => result.migrationName)
    },
    migrateAll: async () => (await store.migrate(createMigrationsOfAll())).applied,
    maintain: () => store.maintenance(),
    close: () => store.close(),
  }
}
