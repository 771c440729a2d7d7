/**
 * Operations that only one backend has: under the lifecycle and the deadline of the store, as if they were its own. What
 * they take and answer is the backend's.
 */
import { assertNotAborted } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { EngineWork } from './store-insides.ts'

/** Where it runs. */
export interface EngineSubject {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly clock: Clock
  /** @throws NESTED_USE inside what it would wait for */
  readonly assertNotNested: (operation: string) => void
}

/** `ctx` is checked already. @throws see `StoreInsides.onEngine` */
export async function runOnEngine<T>(
  { engine, lifecycle, clock, assertNotNested }: EngineSubject,
  operation: string,
  ctx: Context,
  work: EngineWork<T>,
): Promise<T> {
  lifecycle.assertOpen(operation)
  assertNotNested(operation)
  const leave = lifecycle.enter()
  try {
    using deadline = openDeadline(ctx, clock, operation, lifecycle.signal)
    assertNotAborted(deadline.signal, operation)
    return await work(engine, deadline.signal)
  } finally {
    leave()
  }
}
