/**
 * `store.transaction()`: begin, work, commit or roll back, and run again when that was asked for.
 */
import type { KyselyProps, TransactionSettings } from 'kysely'
import { abortError } from '../abort/abort-error.ts'
import { backoffDelayMs, type ResolvedRetry, resolveRetry } from '../abort/backoff.ts'
import { assertContext, openDeadline } from '../abort/deadline.ts'
import { delay } from '../abort/system-clock.ts'
import type { EngineSession } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreTransaction, TransactionContext } from '../contract/transaction.ts'
import { invalidArgument, isStoreError } from '../errors/store-error.ts'
import { assertOneOf } from '../open/check-options.ts'
import { SessionProvider } from './session-runner.ts'
import type { StoreRunner } from './store-runner.ts'
import { createStoreTransaction } from './store-transaction.ts'

const RETRY_DEFAULTS: ResolvedRetry = { attempts: 1, backoffMs: 10, maxBackoffMs: 1000 }
const ACCESS_MODES: readonly unknown[] = ['read only', 'read write', undefined]
const ISOLATION_LEVELS: readonly unknown[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
  'snapshot',
  undefined,
]

/** Runs `work` in transactions of `runner` until one commits or nothing more is to be tried. */
export async function runTransaction<DB, T>(
  runner: StoreRunner,
  props: KyselyProps,
  clock: Clock,
  work: (tx: StoreTransaction<DB>) => Promise<T>,
  ctx: TransactionContext,
): Promise<T> {
  const settings = resolveSettings(ctx)
  const executor = runner.executorOf(ctx)
  const retry = resolveRetry(ctx.retry, RETRY_DEFAULTS, 'transaction')
  const attempt = (signal: AbortSignal | undefined): Promise<T> =>
    runner.lease(
      'transaction',
      signal,
      (session, pointOfNoReturn) => transactOn<DB, T>(runner, props, session, { settings, work, pointOfNoReturn }),
      executor,
    )
  const startedMs = clock.monotonicMs()
  try {
    if (ctx.timeoutMs === undefined && retry.attempts === 1) return await attempt(ctx.signal)
    return await repeat(attempt, retry, clock, ctx)
  } catch (error) {
    throw runner.counted(error)
  } finally {
    const nowMs = clock.monotonicMs()
    runner.counters.transactionLatency.record(nowMs - startedMs, nowMs)
  }
}

async function repeat<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  retry: ResolvedRetry,
  clock: Clock,
  ctx: TransactionContext,
): Promise<T> {
  using deadline = openDeadline(ctx, clock, 'transaction')
  for (let count = 1; ; count++) {
    try {
      return await attempt(deadline.signal)
    } catch (error) {
      if (count >= retry.attempts || !isStoreError(error) || !error.retryable) throw error
      await delay(clock, backoffDelayMs(count, retry), deadline.signal, (signal) => abortError(signal, 'transaction'))
    }
  }
}

/** A transaction on a leased session. */
export interface SessionTransaction<DB, T> {
  readonly settings: TransactionSettings
  readonly work: (tx: StoreTransaction<DB>) => Promise<T>
  /** Called when no statement of `work` can come any more; if it rejects, there is no commit. */
  readonly beforeCommit?: (() => Promise<void>) | undefined
  /** Called once the COMMIT is under way. */
  readonly pointOfNoReturn: () => void
}

/** Begins, works, commits or rolls back on `session`, which stays the caller's. */
export async function transactOn<DB, T>(
  runner: StoreRunner,
  props: KyselyProps,
  session: EngineSession,
  { settings, work, beforeCommit, pointOfNoReturn }: SessionTransaction<DB, T>,
): Promise<T> {
  runner.counters.transactionCount++
  await counted(runner, session.begin(settings, {}), 'begin')
  const provider = new SessionProvider(session)
  let result: T
  try {
    result = await work(createStoreTransaction<DB>({ props, session, provider, asyncContext: runner.asyncContext }))
    provider.end()
    if (beforeCommit !== undefined) await beforeCommit()
  } catch (error) {
    provider.end()
    // A failing ROLLBACK must not hide what went wrong before it.
    await session.rollback().catch(() => undefined)
    throw error
  }
  const committing = session.commit()
  pointOfNoReturn()
  await counted(runner, committing, 'commit')
  return result
}

async function counted(runner: StoreRunner, step: Promise<void>, operation: string): Promise<void> {
  try {
    await step
  } catch (error) {
    throw runner.stepFailed(error, operation)
  }
}

function resolveSettings(ctx: TransactionContext): TransactionSettings {
  assertContext(ctx, 'transaction', ['accessMode', 'isolationLevel', 'executor', 'retry'])
  const { accessMode, isolationLevel, executor } = ctx
  assertOneOf(executor, 'executor', ['inline', 'worker', undefined])
  if (!ACCESS_MODES.includes(accessMode))
    throw invalidArgument("accessMode must be 'read only' or 'read write'", 'transaction')
  if (!ISOLATION_LEVELS.includes(isolationLevel))
    throw invalidArgument('there is no such isolationLevel', 'transaction')
  return { ...(accessMode && { accessMode }), ...(isolationLevel && { isolationLevel }) }
}
