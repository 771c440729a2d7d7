/**
 * What a store tells to what is built over it, such as a maintenance service or what only one backend has, and to nobody
 * else: applications have given it themselves, or get NESTED_USE where it matters.
 */
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import type { StoreLog } from '../contract/log.ts'
import type { Store } from '../contract/store.ts'

/** A symbol and no private field, so that a store in a wrapper can be asked too. */
export const INSIDES: unique symbol = Symbol.for('upkeep.insides')

/** See the module. */
export interface StoreInsides {
  /** Where the store itself logs. */
  readonly log: StoreLog
  /** The clock it was given. */
  readonly clock: Clock
  /**
   * Whether the running code is inside something that a wait for maintenance would wait for.
   *
   * @throws NESTED_USE
   */
  assertNotNested(operation: string): void
  /**
   * Runs an operation that only one backend has, as the store runs its own: under way until it settles, ended by the
   * signal, the deadline and `close()`.
   *
   * @throws CLOSED, NESTED_USE; else what `work` rejects with
   */
  onEngine<T>(operation: string, ctx: Context, work: EngineWork<T>): Promise<T>
}

/** Gets the signal that ends it. */
export type EngineWork<T> = (engine: Engine, signal: AbortSignal) => Promise<T>

/** `undefined` for a store that is not ours. */
export function insidesOf(store: Store<any>): StoreInsides | undefined {
  return (store as { readonly [INSIDES]?: StoreInsides })[INSIDES]
}
