// What a run of the suite is: a harness, and the way another process opens the same database.
import type { Store } from '@upkeep/core'
import type { Harness, TestStoreOptions } from '../src/suite/harness.ts'

/** A backend in one of its modes. */
export interface Run {
  readonly harness: Harness
  /** Opens a store where `location` says, also from another process. */
  openStore<DB>(location: string, options: TestStoreOptions): Promise<Store<DB>>
}
