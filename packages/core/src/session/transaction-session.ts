/**
 * What the leased sessions of all backends have in common: one thing at a time, savepoints, and that the end of a
 * transaction is told as what it was.
 */
import type { AbortableOperationOptions, CompiledQuery, QueryResult } from 'kysely'
import type { AmbientScope, StatementContext } from '../contract/backend.ts'
import { invalidArgument, type StoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { SessionFate, toldAgain } from './session-fate.ts'
import { TurnQueue } from './turn-queue.ts'

/** How savepoints are spelt in SQL. */
export type SavepointCommand = 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE'

/** A transaction that is open on a session's connection. */
export interface OpenTransaction {
  commit(): Promise<void>
  rollback(): void | Promise<void>
  /** Never rejects. */
  rollbackQuietly(): Promise<unknown>
  savepoint(command: SavepointCommand, name: string): Promise<void>
}

/** A session; `T` is its backend's transaction. */
export abstract class TransactionSession<T extends OpenTransaction> {
  readonly outer: AmbientScope | undefined
  protected readonly fate: SessionFate
  protected readonly turns: TurnQueue = new TurnQueue()
  protected transaction: T | undefined

  /** `signal` ends what the session waits for; `outer` is the session in whose async context it is acquired. */
  constructor(origin: { readonly signal: AbortSignal | undefined; readonly outer: AmbientScope | undefined }) {
    this.outer = origin.outer
    this.fate = new SessionFate(origin.signal)
  }

  get inTransaction(): boolean {
    return this.transaction !== undefined
  }

  abstract execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>>

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    return (await this.execute(query, { signal: options?.signal })) as QueryResult<R>
  }

  async commit(): Promise<void> {
    try {
      await this.ending('commit', () => this.#commit())
    } catch (error) {
      throw markTransactionOver(this.failed(error, 'commit'))
    }
  }

  async rollback(): Promise<void> {
    await this.ending('rollback', async () => {
      await this.endTransaction()?.rollback()
    })
  }

  async savepoint(name: string): Promise<void> {
    await this.inTurn('savepoint', () => this.runSavepoint('SAVEPOINT', name))
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.inTurn('savepoint', () => this.runSavepoint('ROLLBACK TO', name))
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.inTurn('savepoint', () => this.runSavepoint('RELEASE', name))
  }

  doom(reason: StoreError): boolean {
    return this.fate.doom(reason)
  }

  /** Waits for the running statement, and then gives back, once, what the session has. */
  async release(): Promise<void> {
    await this.turns.settled()
    if (this.fate.isReleased) return
    this.fate.isReleased = true
    try {
      await this.giveBack()
    } finally {
      this.fate.letGo()
    }
  }

  /** Rolls back what is open, and gives the connection back. */
  protected abstract giveBack(): Promise<void>

  /** What failed, as a StoreError. Decides what it means for the transaction. */
  protected abstract failed(error: unknown, operation: string): StoreError

  /** Why a commit must be a rollback. */
  protected get failure(): StoreError | undefined {
    return this.fate.doomed
  }

  /** In place of a commit. */
  protected async rollbackLost(transaction: T): Promise<void> {
    await transaction.rollbackQuietly()
  }

  protected async runSavepoint(command: SavepointCommand, name: string): Promise<void> {
    this.fate.assertUsable(undefined)
    await this.requireTransaction().savepoint(command, name)
  }

  protected assertNoTransaction(): void {
    if (this.inTransaction) throw invalidArgument('a transaction is open already; use nested()', 'begin')
  }

  protected requireTransaction(): T {
    if (this.transaction === undefined) throw this.fate.doomed ?? this.fate.over()
    return this.transaction
  }

  /** It is over, and what was wrong with it; answers it. */
  protected endTransaction(): T | undefined {
    const { transaction } = this
    this.transaction = undefined
    this.fate.forgive()
    return transaction
  }

  /** A statement that comes while the transaction is ending would run after it, on its own. */
  protected async ending(operation: string, work: () => Promise<void>): Promise<void> {
    this.fate.isEnding = true
    try {
      await this.inTurn(operation, work)
    } finally {
      this.fate.isEnding = false
    }
  }

  /** Behind everything that has come before. */
  protected async inTurn<R>(operation: string, work: () => Promise<R>): Promise<R> {
    try {
      return await this.turns.run(work)
    } catch (error) {
      throw this.failed(error, operation)
    }
  }

  /** As {@link inTurn}; `joined` ends with `signal`, with the session's and with its doom. */
  protected joinedTurn<R>(
    operation: string,
    signal: AbortSignal | undefined,
    work: (joined: AbortSignal) => Promise<R>,
  ): Promise<R> {
    return this.inTurn(operation, async () => {
      using joined = this.fate.joined(signal)
      return await work(joined.signal)
    })
  }

  /** Gives up the snapshot, behind the statement that is running; who goes on with it hears why. */
  protected cutShort(reason: StoreError): void {
    if (this.doom(reason)) void this.turns.run(async () => this.transaction?.rollbackQuietly())
  }

  async #commit(): Promise<void> {
    const transaction = this.requireTransaction()
    const { failure } = this
    this.fate.isCommitting = failure === undefined
    this.endTransaction()
    try {
      if (failure === undefined) await transaction.commit()
      else await this.rollbackLost(transaction)
    } finally {
      this.fate.isCommitting = false
    }
    if (failure !== undefined) throw toldAgain(failure, 'the transaction was rolled back', 'commit')
  }
}
