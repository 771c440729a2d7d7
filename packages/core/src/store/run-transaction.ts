/**
 * `store.transaction()`: begin, work, commit or roll back, and run again when that was asked for.
 */
import type { KyselyProps, TransactionSettings } from 'kysely'
import { abortError } from '../abort/abort-error.ts'
import { assertContext, openDeadline } from '../abort/deadline.ts'
import { delay } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { RetryOptions, StoreTransaction, TransactionContext } from '../contract/transaction.ts'
import { invalidArgument, isStoreError } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption, assertWholeOption } from '../open/check-options.ts'
import { SessionProvider, type StoreRunner } from './store-runner.ts'
import { createStoreTransaction } from './store-transaction.ts'

const DEFAULT_BACKOFF_MS = 10
const DEFAULT_MAX_BACKOFF_MS = 1000
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
  const startedMs = clock.monotonicMs()
  try {
    return await runAttempts(runner, props, clock, settings, work, ctx)
  } catch (error) {
    throw runner.counted(error)
  } finally {
    const nowMs = clock.monotonicMs()
    runner.counters.transactionLatency.record(nowMs - startedMs, nowMs)
  }
}

async function runAttempts<DB, T>(
  runner: StoreRunner,
  props: KyselyProps,
  clock: Clock,
  settings: TransactionSettings,
  work: (tx: StoreTransaction<DB>) => Promise<T>,
  ctx: TransactionContext,
): Promise<T> {
  const attempts = ctx.retry?.attempts ?? 1
  if (ctx.timeoutMs === undefined && attempts === 1) return attempt(runner, props, settings, ctx.signal, work)
  using deadline = openDeadline(ctx, clock, 'transaction')
  for (let count = 1; ; count++) {
    try {
      return await attempt(runner, props, settings, deadline.signal, work)
    } catch (error) {
      if (count >= attempts || !isStoreError(error) || !error.retryable) throw error
      await delay(clock, backoffMs(ctx.retry, count), deadline.signal, (signal) => abortError(signal, 'transaction'))
    }
  }
}

function attempt<DB, T>(
  runner: StoreRunner,
  props: KyselyProps,
  settings: TransactionSettings,
  signal: AbortSignal | undefined,
  work: (tx: StoreTransaction<DB>) => Promise<T>,
): Promise<T> {
  return runner.lease('transaction', signal, async (session, pointOfNoReturn) => {
    runner.counters.transactionCount++
    await counted(runner, session.begin(settings, {}), 'begin')
    const provider = new SessionProvider(session)
    let result: T
    try {
      result = await work(createStoreTransaction<DB>({ props, session, provider, asyncContext: runner.asyncContext }))
    } catch (error) {
      provider.end()
      // A failing ROLLBACK must not hide what went wrong before it.
      await session.rollback().catch(() => undefined)
      throw error
    }
    provider.end()
    const committing = session.commit()
    pointOfNoReturn()
    await counted(runner, committing, 'commit')
    return result
  })
}

async function counted(runner: StoreRunner, step: Promise<void>, operation: string): Promise<void> {
  try {
    await step
  } catch (error) {
    throw runner.stepFailed(error, operation)
  }
}

/** Full jitter: contenders that collided once should not meet again. */
function backoffMs(retry: RetryOptions | undefined, count: number): number {
  const { backoffMs = DEFAULT_BACKOFF_MS, maxBackoffMs = DEFAULT_MAX_BACKOFF_MS } = retry ?? {}
  return Math.random() * Math.min(maxBackoffMs, backoffMs * 2 ** (count - 1))
}

function resolveSettings(ctx: TransactionContext): TransactionSettings {
  assertContext(ctx, 'transaction', ['accessMode', 'isolationLevel', 'retry'])
  const { accessMode, isolationLevel, retry } = ctx
  if (!ACCESS_MODES.includes(accessMode))
    throw invalidArgument("accessMode must be 'read only' or 'read write'", 'transaction')
  if (!ISOLATION_LEVELS.includes(isolationLevel))
    throw invalidArgument('there is no such isolationLevel', 'transaction')
  if (retry !== undefined) assertRetry(retry)
  return { ...(accessMode && { accessMode }), ...(isolationLevel && { isolationLevel }) }
}

function assertRetry(retry: RetryOptions): void {
  assertKnownOptions(retry, ['attempts', 'backoffMs', 'maxBackoffMs'], 'transaction retry')
  const { attempts, backoffMs = DEFAULT_BACKOFF_MS, maxBackoffMs = DEFAULT_MAX_BACKOFF_MS } = retry
  assertWholeOption(attempts, 'retry.attempts', 1)
  assertNumberOption(backoffMs, 'retry.backoffMs', 0)
  assertNumberOption(maxBackoffMs, 'retry.maxBackoffMs', 0)
}
