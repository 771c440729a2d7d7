/** What is measured on Postgres, and how: slices in turn, so that what disturbs the machine disturbs everybody. */
import { median } from '../statistics.ts'
import { type PostgresContender, ROW_COUNT } from './contenders.ts'

/** The operations, by name, with the target for Upkeep where pg is 1. */
export const POSTGRES_ROWS = {
  'point select': { target: 1.3, call: (contender, turn) => contender.pointSelect(idOf(turn)) },
  insert: { target: 1.3, call: (contender) => contender.insert(nextId()) },
  update: { target: 1.3, call: (contender, turn) => contender.update(idOf(turn), turn) },
  transaction: { target: 1.25, call: (contender, turn) => contender.transaction(idOf(turn)) },
} as const satisfies Record<
  string,
  { target: number; call: (contender: PostgresContender, turn: number) => Promise<unknown> }
>

/** The target with 32 at once. */
export const TARGET_AT_32 = 1.35

/** One of {@link POSTGRES_ROWS}. */
export type PostgresRowName = keyof typeof POSTGRES_ROWS

/** How long each slice is, and how many each contender gets. */
export interface SliceOptions {
  readonly sliceMs: number
  /** Before those that count: with 32 at once it takes some seconds until what runs has been compiled. */
  readonly warmUpRounds: number
  readonly rounds: number
}

let lastId = ROW_COUNT

function nextId(): number {
  return ++lastId
}

/** Spread over the table, and apart for those that run at once. */
function idOf(turn: number): number {
  return 1 + ((turn * 7919) % ROW_COUNT)
}

/** Milliseconds per call, of each contender: the median of its slices. */
export async function measureRow(
  row: PostgresRowName,
  concurrency: number,
  contenders: ReadonlyMap<string, PostgresContender>,
  { sliceMs, warmUpRounds, rounds }: SliceOptions,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map([...contenders.keys()].map((name) => [name, [] as number[]]))
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const [name, contender] of contenders) {
      const perCallMs = await slice(row, concurrency, contender, sliceMs)
      if (round >= 0) times.get(name)?.push(perCallMs)
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]))
}

async function slice(
  row: PostgresRowName,
  concurrency: number,
  contender: PostgresContender,
  sliceMs: number,
): Promise<number> {
  const { call } = POSTGRES_ROWS[row]
  const startedMs = performance.now()
  let turn = 0
  const worker = async (): Promise<void> => {
    while (performance.now() - startedMs < sliceMs) await call(contender, ++turn)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return (performance.now() - startedMs) / turn
}
