/**
 * Lets what the core builds over a store ask what only the store knows: whether the running code is inside something
 * that a wait for maintenance would wait for. Not for applications: they get NESTED_USE where it matters.
 */
import type { Store } from '../contract/store.ts'

/** A symbol and no private field, so that a store in a wrapper can be asked too. */
export const ASSERT_NOT_NESTED: unique symbol = Symbol.for('upkeep.assertNotNested')

/** A store that knows. */
export interface NestingStore {
  /** @throws NESTED_USE */
  [ASSERT_NOT_NESTED](operation: string): void
}

/** Does nothing for a store that does not know. @throws NESTED_USE */
export function assertNotNested(store: Store<any>, operation: string): void {
  const { [ASSERT_NOT_NESTED]: assert } = store as Partial<NestingStore>
  assert?.call(store, operation)
}
