/**
 * Opens the database at the path anew, when the file there is another one, or because somebody wants it.
 *
 *   nobody at work, and the write lock ─▶ close all ─▶ our log aside ─▶ open ─▶ quick_check ─▶ go on
 *
 * Nobody is interrupted: what has a connection either finds out that its file is gone, and fails, or is waited for. A
 * file that was truncated is opened by hand only: it is the same one, and damaged.
 */
import { assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import type { StoreLog } from '../contract/log.ts'
import { StoreError } from '../errors/store-error.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { ExecutorPool } from './executors/executor-pool.ts'
import type { LogUpkeep } from './log-upkeep.ts'
import { INLINE_CHECK_BYTES, runIntegrity } from './maintenance/offloaded-steps.ts'
import type { OffloadResult, SqliteOffload } from './port.ts'
import { readPragma } from './pragmas.ts'
import type { OnReplaced } from './sqlite-engine-options.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import type { LockHolder } from './write-lock.ts'

const REOPENER: LockHolder = { label: 'reopen' }

/** What came of it. */
export interface ReopenedFile {
  /** Whether the file at the path was another one. */
  readonly wasReplaced: boolean
  /** Where the log of the file before is, which may hold commits of it. */
  readonly setAside: readonly string[]
}

/** What a {@link FileReopener} is made of. */
export interface FileReopenerParts {
  readonly set: ConnectionSet
  readonly workers: ExecutorPool | undefined
  readonly upkeep: LogUpkeep
  readonly openOffload: (() => SqliteOffload) | undefined
  readonly onReplaced: OnReplaced
  readonly log: StoreLog
  /** Whether the running code is inside what would be waited for. */
  readonly isNestedUse: () => boolean
}

export class FileReopener {
  readonly #parts: FileReopenerParts
  #reopening: Promise<ReopenedFile> | undefined

  constructor(parts: FileReopenerParts) {
    this.#parts = parts
  }

  /** See `ConnectionSet.whenUsable`. */
  async whenUsable(signal: AbortSignal | undefined): Promise<void> {
    const { set, onReplaced, isNestedUse } = this.#parts
    if (this.#reopening === undefined && set.guard.isUsable()) return
    // What is waited for would wait for us.
    if (!isNestedUse()) {
      const canReopen = onReplaced === 'reopen' && set.guard.failure?.code === 'REPLACED'
      const reopening = this.#reopening ?? (canReopen ? this.reopen(undefined) : undefined)
      // Its own failure stays with the guard, which tells it below.
      if (reopening !== undefined) await untilSettled(reopening, signal)
    }
    set.guard.beforeWrite()
  }

  /** One at a time: a second call gets what the first one does. @throws BUSY, REPLACED, CORRUPT, ABORTED */
  reopen(signal: AbortSignal | undefined): Promise<ReopenedFile> {
    this.#reopening ??= this.#reopen(signal).finally(() => {
      this.#reopening = undefined
    })
    return this.#reopening
  }

  async #reopen(signal: AbortSignal | undefined): Promise<ReopenedFile> {
    const { set, log } = this.#parts
    const reason = new StoreError('BUSY', 'the database is being reopened', { operation: 'reopen' })
    await this.#waitForNobody(signal, reason)
    try {
      const reopened = await this.#exchange(signal)
      log.warn('the database file was opened anew', { ...reopened })
      return reopened
    } finally {
      set.guard.letGo(reason)
      set.lock.release()
    }
  }

  /** Answers with the write lock, everything held off, and no connection in anybody's hands. */
  async #waitForNobody(signal: AbortSignal | undefined, reason: StoreError): Promise<void> {
    const { set } = this.#parts
    for (;;) {
      await retryWhileBusy({ ...set.busy, isBusy: isInUse }, signal, () => {
        if (this.#isInUse) throw inUse()
      })
      await set.lock.acquire(REOPENER, signal)
      set.guard.holdOff(reason)
      // Whoever has a statement of ours in its hands, and only awaits a promise, gets to run it.
      await yieldToLoop()
      if (!this.#isInUse) return
      set.guard.letGo(reason)
      set.lock.release()
    }
  }

  get #isInUse(): boolean {
    const { set, workers } = this.#parts
    return set.hasGuests || (workers?.leased ?? 0) > 0
  }

  /** Up to the closing it can be given up; from then on there is no way back. */
  async #exchange(signal: AbortSignal | undefined): Promise<ReopenedFile> {
    const { set, workers, upkeep } = this.#parts
    assertNotAborted(signal, 'reopen')
    const wasReplaced = set.guard.isReplaced()
    const comeBack = await upkeep.standAside()
    try {
      await workers?.closeIdle()
      const setAside = set.closeFile()
      if (set.guard.isEmpty()) throw new StoreError('CORRUPT', 'there is nothing in it', { operation: 'reopen' })
      await set.openFile(undefined, { mustExist: true })
      await this.#check()
      return { wasReplaced, setAside }
    } catch (error) {
      throw this.#failed(error)
    } finally {
      comeBack()
    }
  }

  /** Nothing is open, or nothing that may be used: everything fails from here on, until it is reopened once more. */
  #failed(error: unknown): StoreError {
    const { set } = this.#parts
    const { code, message, nativeCode } = classifySqliteError(set.port, error, 'reopen')
    const isGone = code === 'CONNECTION' || code === 'INVALID_ARGUMENT'
    const failure = new StoreError(isGone ? 'REPLACED' : code, `the file cannot be reopened: ${message}`, {
      operation: 'reopen',
      nativeCode,
    })
    set.guard.become(failure)
    return failure
  }

  /** Source: https://www.sqlite.org/pragma.html#pragma_quick_check */
  async #check(): Promise<void> {
    const { set, openOffload } = this.#parts
    const { db } = set.writer
    const sizeBytes = Number(readPragma(db, 'page_count')) * Number(readPragma(db, 'page_size'))
    const rows =
      openOffload === undefined || sizeBytes <= INLINE_CHECK_BYTES
        ? runIntegrity(db, 'quick')
        : await checkElsewhere(openOffload())
    const found = String(Object.values(rows[0] ?? {})[0])
    if (found !== 'ok') throw new StoreError('CORRUPT', `the check found: ${found}`, { operation: 'reopen' })
  }
}

async function checkElsewhere(offload: SqliteOffload): Promise<OffloadResult> {
  try {
    return await offload.run({ name: 'integrity', mode: 'quick' }, new AbortController().signal)
  } finally {
    await offload.close()
  }
}

async function untilSettled(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  )
  await (signal === undefined ? settled : raceAbort(settled, signal, 'waiting for the file to be reopened'))
}

function inUse(): StoreError {
  return new StoreError('BUSY', 'a stream, a read-only transaction or maintenance is still at work', {
    operation: 'reopen',
  })
}

function isInUse(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'BUSY'
}
