/** The counters behind `stats()`. They only count; the snapshot is made by whoever asks. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { StoreError } from '../errors/store-error.ts'

export class StoreCounters {
  queryCount = 0
  transactionCount = 0
  maintenanceCount = 0
  readonly #errors = new Map<StoreErrorCode, number>()
  /** One error passes through several layers and is counted by the first. */
  readonly #counted = new WeakSet<StoreError>()

  countError(error: StoreError): void {
    if (this.#counted.has(error)) return
    this.#counted.add(error)
    this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1)
  }

  errorCount(): Readonly<Partial<Record<StoreErrorCode, number>>> {
    return Object.freeze(Object.fromEntries(this.#errors))
  }
}
