/** What is done with a store before anybody has it: its migrations, then the application's own hook. */
import { assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import type { Store } from '../contract/store.ts'
import type { ResolvedStoreOptions } from './store-options.ts'

/** Prepares `store`; if that fails it is closed, without maintenance. @throws what failed, as it is */
export async function prepareStore<DB>(store: Store<DB>, options: ResolvedStoreOptions<DB>): Promise<void> {
  const { migrations, onOpen, signal } = options
  try {
    if (migrations !== undefined) {
      const { provider, ...ctx } = migrations
      await store.migrate(provider, { ...ctx, signal })
    }
    if (onOpen !== undefined) {
      assertNotAborted(signal, 'open')
      await raceAbort(call(onOpen, store), signal, 'open')
    }
  } catch (error) {
    // What is still running belongs to a store that nobody will have.
    await store.close({ drainMs: 0, maintenanceOnClose: false }).catch(() => undefined)
    throw error
  }
}

/** Also for one that throws instead of rejecting. */
async function call<DB>(onOpen: (store: Store<DB>) => Promise<void> | void, store: Store<DB>): Promise<void> {
  await onOpen(store)
}
