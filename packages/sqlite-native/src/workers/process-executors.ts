/** Starts the processes of a store that read for it, where there are no threads whose statements can be stopped. */
import type { SqliteExecutors } from '@upkeep/core/sqlite'
import { ProcessExecutor } from './process-executor.ts'
import type { ProcessData } from './process-messages.ts'

export class ProcessExecutors implements SqliteExecutors {
  readonly canWrite = false
  readonly #data: ProcessData

  constructor(data: ProcessData) {
    this.#data = data
  }

  start(): ProcessExecutor {
    return new ProcessExecutor(this.#data)
  }

  end(): void {
    // Each has ended for itself.
  }
}
