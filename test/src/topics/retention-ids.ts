/** Ids in the outbox of a retention task: keys of any kind are told as they were. */
import { columnTypes, deleteWhere } from '@upkeep/core'
import { runTask } from '../suite/event-table.ts'
import type { Topic } from '../suite/suite.ts'

export const retentionIds: Topic = ({ describe, expect, test }) => {
  describe('ids come back from the outbox as they were', () => {
    for (const [kind, keys] of [
      ['integer', [-1, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 63n - 1n]],
      ['text', ['', '\u0000', "it's", 'zwölf 🦊', '1', 'null', '{"bigint":"1"}']],
      ['bytes', [new Uint8Array(0), new Uint8Array([0, 127, 128, 255])]],
    ] as const) {
      test(kind, async ({ open }) => {
        const store = await open<{ keyed: { key: any; gone: boolean } }>()
        const types = columnTypes(store.db)
        const table = store.db.schema.createTable('keyed')
        await table
          .addColumn('key', types[kind], (column) => column.primaryKey())
          .addColumn('gone', types.boolean)
          .execute()
        // Postgres has no text with a zero in it.
        const storable = keys.filter((key) => key !== '\u0000' || store.name.includes('sqlite'))
        for (const key of storable) await store.db.insertInto('keyed').values({ key, gone: true }).execute()
        const options = { table: 'keyed', key: 'key', name: 'all', where: (eb: any) => eb('gone', '=', true) } as const
        const first = deleteWhere<any, 'keyed', 'key'>({
          ...options,
          retry: { attempts: 1 },
          onDeleted: () => Promise.reject(new Error('mine')),
        })
        expect((await runTask<any>(store, first)).status).toBe('failed')
        const told: unknown[] = []
        await runTask<any>(
          store,
          deleteWhere<any, 'keyed', 'key'>({ ...options, onDeleted: (ids) => void told.push(...ids) }),
        )
        const byText = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1)
        expect([...told].sort(byText)).toEqual([...storable].sort(byText))
      })
    }
  })
}
