/**
 * Watches that the write-ahead log stays below its limit. Where a reader keeps it larger, it says which one, in a line of
 * the log and as a finding of health; where that reader is ours and older than it may be, it ends it.
 *
 * It copies nothing; whoever copies the log tells it what has come of that. A reader that it knows may hold the log
 * together with one of another process that it does not.
 */
import type { Clock } from '../contract/clock.ts'
import type { HealthFinding } from '../contract/health.ts'
import type { LogFields, StoreLog } from '../contract/log.ts'
import { StoreError } from '../errors/store-error.ts'
import { redactLiterals } from '../metrics/redact-literals.ts'
import { warnAbove } from '../store/health-report.ts'
import type { OpenReader, ReaderRegistry } from './reader-registry.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'
import type { LockHolder } from './write-lock.ts'

/** A log that is held for less than this may be so by a passing statement of another process. */
const FOREIGN_AFTER_MS = 1000

/** What it needs of its store. */
export interface WalCeilingParts {
  readonly registry: ReaderRegistry
  readonly lock: { readonly holder: LockHolder | undefined }
  readonly options: Pick<ResolvedSqliteOptions, 'walLimitBytes' | 'maxReadAgeMs'>
  readonly clock: Clock
  readonly log: StoreLog
}

/** What has come of copying the log. */
export interface LogLook {
  /** Of the file. */
  readonly sizeBytes: number
  /** Up to which frame the log is in the database. A reader that holds it up is at this one. */
  readonly copiedFrames: number
  /** Whether it could not be copied to its end, or not be begun anew. */
  readonly isHeld: boolean
}

/** Since when the log has been held, and since when at this frame. */
interface Hold {
  readonly sinceMs: number
  readonly copiedFrames: number
  readonly atFrameSinceMs: number
}

type Holder = OpenReader | { readonly label: string; readonly startedMs?: number; sql(): string | undefined }

/** Not known to us: another process, or another store of this one. */
const FOREIGN: Holder = { label: 'another process, or another store on the file', sql: () => undefined }

export class WalCeiling {
  readonly #parts: WalCeilingParts
  #hold: Hold | undefined
  /** Who holds it now that it is too large. */
  #holder: Holder | undefined
  #writer: LockHolder | undefined
  /** Each is told once, until the log is free again. */
  readonly #told = new Set<Holder>()

  constructor(parts: WalCeilingParts) {
    this.#parts = parts
  }

  /** Judges a look. */
  observe({ sizeBytes, copiedFrames, isHeld }: LogLook): void {
    const nowMs = this.#parts.clock.monotonicMs()
    const { walLimitBytes } = this.#parts.options
    this.#hold = isHeld ? this.#holdAt(copiedFrames, nowMs) : undefined
    if (this.#hold === undefined) this.#told.clear()
    const isAbove = walLimitBytes !== false && sizeBytes > walLimitBytes
    this.#holder = this.#hold !== undefined && isAbove ? this.#whoHolds(this.#hold, nowMs) : undefined
    this.#writer = this.#parts.lock.holder
    if (this.#holder === undefined) return
    this.#tell(this.#holder, sizeBytes)
    this.#endOldReaders(nowMs)
  }

  /** Of a log of this size; `undefined` where there is no limit. */
  finding(sizeBytes: number): HealthFinding | undefined {
    const { walLimitBytes } = this.#parts.options
    if (walLimitBytes === false) return undefined
    const code = 'wal_held'
    const holder = this.#holder
    if (holder === undefined) {
      return warnAbove(code, 'bytes of a write-ahead log that a reader keeps above its limit', 0, walLimitBytes)
    }
    const { reader, ageMs, sql } = this.#fieldsOf(holder)
    const age = ageMs === undefined ? '' : `, open for ${ageMs} ms`
    const text = `bytes of the write-ahead log, which is held by: ${reader}${age}${sql === undefined ? '' : `: ${sql}`}`
    return warnAbove(code, text, sizeBytes, walLimitBytes)
  }

  #holdAt(copiedFrames: number, nowMs: number): Hold {
    const { sinceMs = nowMs } = this.#hold ?? {}
    if (this.#hold?.copiedFrames === copiedFrames) return this.#hold
    return { sinceMs, copiedFrames, atFrameSinceMs: nowMs }
  }

  /** The reader that is at the frame was open when the log came to it: ours are known by that. */
  #whoHolds({ sinceMs, atFrameSinceMs }: Hold, nowMs: number): Holder | undefined {
    const [oldest] = this.#parts.registry.openSince(atFrameSinceMs)
    if (oldest !== undefined) return oldest
    const { holder } = this.#parts.lock
    // A transaction has a snapshot too. One that has come since the last look holds nothing yet.
    if (holder !== undefined && holder === this.#writer) return { label: holder.label, sql: () => undefined }
    return nowMs - sinceMs >= FOREIGN_AFTER_MS ? FOREIGN : undefined
  }

  #tell(holder: Holder, walSizeBytes: number): void {
    if (this.#told.has(holder)) return
    this.#told.add(holder)
    const fields = { ...this.#fieldsOf(holder), walSizeBytes, walLimitBytes: this.#parts.options.walLimitBytes }
    this.#parts.log.warn('a reader keeps the write-ahead log above its limit', fields)
  }

  #endOldReaders(nowMs: number): void {
    const { maxReadAgeMs } = this.#parts.options
    if (maxReadAgeMs === false || this.#hold === undefined) return
    for (const reader of this.#parts.registry.openSince(this.#hold.atFrameSinceMs)) {
      if (reader.end === undefined || nowMs - reader.startedMs < maxReadAgeMs) continue
      const message = `this ${reader.label} was open for more than ${maxReadAgeMs} ms and held the write-ahead log`
      this.#parts.log.warn('a reader was ended: it held the write-ahead log', this.#fieldsOf(reader))
      reader.end(new StoreError('TIMEOUT', message, { operation: 'read' }))
    }
  }

  #fieldsOf(holder: Holder): LogFields & { reader: string; ageMs?: number; sql?: string } {
    const { label, startedMs } = holder
    const sql = holder.sql()
    return {
      reader: label,
      ...(startedMs === undefined ? {} : { ageMs: Math.round(this.#parts.clock.monotonicMs() - startedMs) }),
      ...(sql === undefined ? {} : { sql: redactLiterals(sql) }),
    }
  }
}
