/**
 * The writes whose COMMIT is aborted, or whose worker dies around it: each writes two rows, or none. They call `begun`
 * at the moment from which the abort is counted.
 */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'

/** The table of the scenario. */
export interface PairSchema {
  pair: { number: number; part: number }
}

/** What a write is given. */
export interface WindowContext {
  /** Where statements with a signal run on a worker from the start. */
  readonly direct: Store<PairSchema>
  /** Where they begin on the thread of the caller, and move when they have taken a millisecond. */
  readonly moving: Store<PairSchema>
  /** As `direct`, for those that end their worker, which may happen a little after they have. */
  readonly mortal: Store<PairSchema>
  readonly number: number
  readonly signal: AbortSignal
  /** In milliseconds from now; for those that end their worker. */
  readonly dieAfterMs: number
  begun(): void
}

/** One kind of write. */
export interface WindowWrite {
  readonly name: string
  /** Its worker dies; its signal is left alone. */
  readonly isMortal: boolean
  run(context: WindowContext): Promise<unknown>
}

const pairOf = (number: number): string => `insert into pair (number, part) values (${number}, 1), (${number}, 2)`

function inTransaction(store: Store<PairSchema>, context: WindowContext, isMortal: boolean): Promise<unknown> {
  const { number, signal, begun, dieAfterMs } = context
  return store.transaction(
    async (tx) => {
      await tx.insertInto('pair').values({ number, part: 1 }).execute()
      begun()
      if (isMortal) await sql`select die_soon(${dieAfterMs})`.execute(tx)
      await tx.insertInto('pair').values({ number, part: 2 }).execute()
    },
    { signal },
  )
}

/** All of them. */
export const WINDOW_WRITES: readonly WindowWrite[] = [
  {
    name: 'write on a worker',
    isMortal: false,
    run: ({ direct, number, signal, begun }) => {
      begun()
      return sql.raw(pairOf(number)).execute(direct.db, { signal })
    },
  },
  {
    name: 'write that returns rows',
    isMortal: false,
    run: ({ direct, number, signal, begun }) => {
      begun()
      return sql.raw(`${pairOf(number)} returning part`).execute(direct.db, { signal })
    },
  },
  {
    name: 'write that moves',
    isMortal: false,
    run: ({ moving, number, signal, begun }) => {
      begun()
      const slow = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)'
      const text = `${slow} insert into pair (number, part) select ${number}, i from n where i <= 2`
      return sql.raw(text).execute(moving.db, { signal })
    },
  },
  {
    name: 'transaction',
    isMortal: false,
    run: (context) => inTransaction(context.direct, context, false),
  },
  {
    name: 'transaction, its worker dies',
    isMortal: true,
    run: (context) => inTransaction(context.mortal, context, true),
  },
  {
    name: 'write, its worker dies',
    isMortal: true,
    run: ({ mortal, number, signal, dieAfterMs, begun }) => {
      begun()
      const text = `insert into pair (number, part) select ${number}, 1 where die_soon(${dieAfterMs})
        union all select ${number}, 2`
      return sql.raw(text).execute(mortal.db, { signal })
    },
  },
]
