/** `store.reopen()`: checks, the lifecycle, the deadline, the report. How a file is opened anew is the engine's. */
import { assertContext, openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import type { ReopenReport } from '../contract/reports.ts'
import { StoreError } from '../errors/store-error.ts'
import { freezeReport } from '../values/freeze-report.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What is reopened. */
export interface ReopenSubject {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly clock: Clock
  /** @throws NESTED_USE inside what it would wait for */
  readonly assertNotNested: (operation: string) => void
}

/** @throws see `Store.reopen` */
export async function runReopen(subject: ReopenSubject, ctx: Context): Promise<ReopenReport> {
  const { engine, lifecycle, clock } = subject
  lifecycle.assertOpen('reopen')
  assertContext(ctx, 'reopen')
  if (!engine.capabilities.reopen || engine.reopen === undefined) {
    throw new StoreError('UNSUPPORTED', 'there is no file here that could be reopened', { operation: 'reopen' })
  }
  subject.assertNotNested('reopen')
  const leave = lifecycle.enter()
  try {
    using deadline = openDeadline(ctx, clock, 'reopen', lifecycle.signal)
    const startedAt = clock.now()
    const startedMs = clock.monotonicMs()
    const { wasReplaced, setAside } = await engine.reopen({ signal: deadline.signal })
    return freezeReport({
      backend: engine.name,
      location: engine.location,
      wasReplaced,
      setAside,
      startedAt,
      durationMs: clock.monotonicMs() - startedMs,
    })
  } finally {
    leave()
  }
}
