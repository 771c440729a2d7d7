/**
 * What a store tells to what the core builds over it, such as a maintenance service, and to nobody else: applications
 * have given it themselves, or get NESTED_USE where it matters.
 */
import type { Clock } from '../contract/clock.ts'
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
}

/** `undefined` for a store that is not ours. */
export function insidesOf(store: Store<any>): StoreInsides | undefined {
  return (store as { readonly [INSIDES]?: StoreInsides })[INSIDES]
}
