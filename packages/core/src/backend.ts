/**
 * @upkeep/core/backend: what backends with sessions, queues and pools of their own are made of. For those who write one;
 * applications need none of it.
 */
export { abortError, assertNotAborted, onceAborted, raceAbort } from './abort/abort-error.ts'
export { assertContext } from './abort/deadline.ts'
export { type JoinedSignal, joinSignals } from './abort/join-signals.ts'
export { delay } from './abort/system-clock.ts'
export { DialectEngine } from './kysely/dialect-engine.ts'
export { withMigrationLock } from './kysely/migration-lock-adapter.ts'
export { PeakWindow } from './metrics/peak-window.ts'
export { QueueMeter } from './metrics/queue-meter.ts'
export { redactLiterals } from './metrics/redact-literals.ts'
export { assertFunctionOption } from './open/check-options.ts'
export { toldAgain } from './session/session-fate.ts'
export { type OpenTransaction, type SavepointCommand, TransactionSession } from './session/transaction-session.ts'
export { type WaitLimit, WaitQueue } from './session/wait-queue.ts'
export { warnAbove } from './store/health-report.ts'
export { type EngineWork, insidesOf, type StoreInsides } from './store/store-insides.ts'
export { tellProgress } from './store/tell-progress.ts'
export {
  assertBigintParameter,
  assertTextParameter,
  objectParameter,
  refuseOddParameter,
  refuseParameter,
} from './values/check-parameter.ts'
