/**
 * Leases a session for some work, under the lifecycle of the store, and gives it back whatever happens.
 *
 * A session whose signal aborts is doomed, rolled back and given back at once: what the application's callback still does
 * on it fails, and nobody waits for it. Failures are counted by the caller.
 */
import { assertNotAborted } from '../abort/abort-error.ts'
import type { Engine, EngineSession } from '../contract/backend.ts'
import { asStoreError } from '../errors/as-store-error.ts'
import { LeaseEnd } from './lease-end.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What is done with a leased session. */
export type LeasedWork<T> = (session: EngineSession, pointOfNoReturn: () => void) => Promise<T>

/** What it needs of its store. */
export interface LeaseParts {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  /** Gets the sessions whose lease was ended before its work had. */
  readonly ended: WeakSet<EngineSession>
}

/** What is leased, and for what. */
export interface LeaseRequest<T> {
  readonly operation: string
  readonly signal: AbortSignal | undefined
  /** Runs in the session's async context; what it throws passes as it is. */
  readonly work: LeasedWork<T>
  /** Whether it is a part of an operation that is counted as under way. */
  readonly isPart: boolean
  /** Where the session is to run. */
  readonly executor: 'inline' | 'worker'
}

/** From `pointOfNoReturn()` on no abort is told any more: how things end is then what `work` says. */
export async function leaseSession<T>(
  { engine, lifecycle, ended }: LeaseParts,
  { operation, signal, work, isPart, executor }: LeaseRequest<T>,
): Promise<T> {
  let leave: (() => void) | undefined
  const ending = new LeaseEnd(operation, signal, lifecycle.signal, ended)
  try {
    lifecycle.assertOpen(operation)
    assertNotAborted(signal, operation)
    leave = isPart ? lifecycle.enterPart(ending.stop) : lifecycle.enter(ending.stop)
    signal?.addEventListener('abort', ending.stop, { once: true })
    const session = await acquire(engine, operation, ending.signal, executor)
    try {
      return await ending.race(session, () => inContext(engine, session, () => work(session, ending.pointOfNoReturn)))
    } finally {
      await session.release()
    }
  } finally {
    signal?.removeEventListener('abort', ending.stop)
    leave?.()
  }
}

async function acquire(
  engine: Engine,
  operation: string,
  signal: AbortSignal,
  executor: 'inline' | 'worker',
): Promise<EngineSession> {
  try {
    return await engine.acquire({ signal, executor })
  } catch (error) {
    throw asStoreError(error, operation)
  }
}

function inContext<T>({ asyncContext }: Engine, session: EngineSession, work: () => Promise<T>): Promise<T> {
  return asyncContext === undefined ? work() : asyncContext.run(session, work)
}
