/** Takes the place of open-node-engine.ts in bundles for browsers, which have nothing of what that needs. */
import { StoreError } from '@upkeep/core'

export function openNodeEngine(): Promise<never> {
  return Promise.reject(new StoreError('UNSUPPORTED', 'this is a bundle for browsers', { operation: 'open' }))
}
