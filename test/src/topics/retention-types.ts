/** What the compiler must know of retention. The assertions are made by compiling this file. */
import {
  createMaintenanceService,
  deleteOlderThan,
  deleteWhere,
  keepLatest,
  type MaintenanceTask,
  retention,
  type Store,
  type TaskContext,
  task,
} from '@upkeep/core'
import type { Generated } from 'kysely'
import type { Topic } from '../suite/suite.ts'

interface Schema {
  event: { id: Generated<number>; at: Date | null; kind: string; version: number }
  draft: { slug: string; at: Date; body: string }
}

/** The shape of what takes tasks beside its store. */
declare function createService<DB>(options: {
  readonly store: Store<DB>
  readonly tasks?: readonly MaintenanceTask<NoInfer<DB>>[]
}): void

const maxAge = { days: 30 }

/** Never called: `store.maintenance()` knows its schema. */
export function inMaintenance(store: Store<Schema>): void {
  void store.maintenance({
    tasks: [
      deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: (ids) => assertNumbers(ids) }),
      deleteOlderThan({ table: 'draft', key: 'slug', column: 'at', maxAge, onDeleted: (ids) => assertStrings(ids) }),
      deleteOlderThan({ table: 'event', column: 'at', maxAge, where: (eb) => eb('kind', '=', 'x') }),
      deleteWhere({ table: 'event', where: (eb) => eb.and([eb('kind', '=', 'x'), eb('version', '<', 5)]) }),
      keepLatest({ table: 'event', partitionBy: 'kind', orderBy: 'at', keep: 5 }),
      keepLatest({
        table: 'event',
        partitionBy: ['kind'],
        orderBy: 'version',
        keep: 5,
        olderThan: maxAge,
        column: 'at',
      }),
      task({ name: 'own', run: ({ store }) => void store.db.selectFrom('event') }),
    ],
  })
  // @ts-expect-error: not a table
  void store.maintenance({ tasks: [deleteOlderThan({ table: 'evnt', column: 'at', maxAge })] })
  // @ts-expect-error: not a column of that table
  void store.maintenance({ tasks: [deleteOlderThan({ table: 'event', column: 'body', maxAge })] })
  // @ts-expect-error: not a key
  void store.maintenance({ tasks: [deleteOlderThan({ table: 'draft', key: 'slgu', column: 'at', maxAge })] })
  // @ts-expect-error: has no column id, and no key was named
  void store.maintenance({ tasks: [deleteOlderThan({ table: 'draft', column: 'at', maxAge })] })
  // @ts-expect-error: not a column
  void store.maintenance({ tasks: [deleteWhere({ table: 'event', where: (eb) => eb('body', '=', 'x') })] })
  // @ts-expect-error: not a value of that column
  void store.maintenance({ tasks: [deleteWhere({ table: 'event', where: (eb) => eb('version', '=', 'x') })] })
  // @ts-expect-error: not a column to group by
  void store.maintenance({ tasks: [keepLatest({ table: 'event', partitionBy: 'body', orderBy: 'at', keep: 1 })] })
  void store.maintenance({
    // @ts-expect-error: not one of those to group by
    tasks: [keepLatest({ table: 'event', partitionBy: ['kind', 'x'], orderBy: 'at', keep: 1 })],
  })
  // @ts-expect-error: not a column to order by
  void store.maintenance({ tasks: [keepLatest({ table: 'event', orderBy: 'body', keep: 1 })] })
  // @ts-expect-error: not a table
  void store.maintenance({ tasks: [task({ name: 'own', run: ({ store }) => void store.db.selectFrom('evnt') })] })
  void store.maintenance({
    // @ts-expect-error: ids are numbers
    tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: assertStrings })],
  })
}

/** Never called: in one object with its store a task is made before the schema is known, and checked when it is. */
export function inService(store: Store<Schema>): void {
  const made = deleteOlderThan({ table: 'event', column: 'at', maxAge })
  createService({ store, tasks: [made] })
  createService({ store, tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge })] })
  createService({ store, tasks: [keepLatest({ table: 'event', partitionBy: 'kind', orderBy: 'at', keep: 5 })] })
  createService({ store, tasks: [task({ name: 'own', run: ({ store }: TaskContext<Schema>) => void store.db })] })
  // @ts-expect-error: not a table
  createService({ store, tasks: [deleteOlderThan({ table: 'evnt', column: 'at', maxAge })] })
  // @ts-expect-error: not a column of that table
  createService({ store, tasks: [deleteOlderThan({ table: 'event', column: 'body', maxAge })] })
  // @ts-expect-error: has no column id, and no key was named
  createService({ store, tasks: [deleteOlderThan({ table: 'draft', column: 'at', maxAge })] })
  // @ts-expect-error: not a column to group by
  createService({ store, tasks: [keepLatest({ table: 'event', partitionBy: 'body', orderBy: 'at', keep: 5 })] })
  createService({
    store,
    // @ts-expect-error: the ids are not known
    tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: (ids) => assertNumbers(ids) })],
  })
  // @ts-expect-error: nor are the columns
  createService({ store, tasks: [deleteWhere({ table: 'event', where: (eb) => eb('kind', '=', 'x') })] })
}

/** Never called: where the schema is given, the tasks beside the store know it. */
export function inTypedService(store: Store<Schema>): void {
  createMaintenanceService<Schema>({
    store,
    tasks: [
      deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: (ids) => assertNumbers(ids) }),
      deleteOlderThan({ table: 'draft', key: 'slug', column: 'at', maxAge, onDeleted: (ids) => assertStrings(ids) }),
      deleteWhere({ table: 'event', where: (eb) => eb.and([eb('kind', '=', 'x'), eb('version', '<', 5)]) }),
      keepLatest({ table: 'event', partitionBy: 'kind', orderBy: 'at', keep: 5 }),
      task({ name: 'own', run: ({ store }) => void store.db.selectFrom('event') }),
    ],
  })
  // @ts-expect-error: not a table
  createMaintenanceService<Schema>({ store, tasks: [deleteOlderThan({ table: 'evnt', column: 'at', maxAge })] })
  createMaintenanceService<Schema>({
    store,
    // @ts-expect-error: ids are numbers
    tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: assertStrings })],
  })
  // @ts-expect-error: not a column
  createMaintenanceService<Schema>({ store, tasks: [deleteWhere({ table: 'event', where: (eb) => eb('x', '=', 1) })] })
  createMaintenanceService({
    store,
    // @ts-expect-error: without the schema the ids are not known
    tasks: [deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: (ids) => assertNumbers(ids) })],
  })
}

/** Never called: `retention<Schema>()` knows it everywhere. */
export function withSchema(store: Store<Schema>): void {
  const of = retention<Schema>()
  createService({
    store,
    tasks: [
      of.deleteOlderThan({ table: 'event', column: 'at', maxAge, onDeleted: (ids) => assertNumbers(ids) }),
      of.deleteWhere({ table: 'draft', key: 'slug', where: (eb) => eb('body', '=', ''), onDeleted: assertStrings }),
      of.keepLatest({ table: 'event', partitionBy: 'kind', orderBy: 'at', keep: 5 }),
      of.task({ name: 'own', run: ({ store }) => void store.db.selectFrom('event') }),
    ],
  })
  // @ts-expect-error: not a table
  of.deleteOlderThan({ table: 'evnt', column: 'at', maxAge })
  // @ts-expect-error: not a column of that table
  of.deleteOlderThan({ table: 'event', column: 'body', maxAge })
  // @ts-expect-error: not a column
  of.deleteWhere({ table: 'event', where: (eb) => eb('body', '=', 'x') })
  // @ts-expect-error: has no column id, and no key was named
  createService({ store, tasks: [of.deleteOlderThan({ table: 'draft', column: 'at', maxAge })] })
  const typed: MaintenanceTask<Schema>[] = [deleteOlderThan({ table: 'event', column: 'at', maxAge })]
  createService({ store, tasks: typed })
}

function assertNumbers(_ids: readonly number[]): void {}

function assertStrings(_ids: readonly string[]): void {}

export const retentionTypes: Topic = ({ expect, test }) => {
  test('what the compiler asserts was compiled', async () => {
    const compiled: readonly unknown[] = [inMaintenance, inService, inTypedService, withSchema]
    expect(compiled.every((assertions) => typeof assertions === 'function')).toBe(true)
  })
}
