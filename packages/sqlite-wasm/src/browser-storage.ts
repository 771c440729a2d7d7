/**
 * What a browser says of the room that an origin has, and whether it keeps what is there. Asked by the page: a worker
 * cannot ask for it to be kept.
 *
 * Source: https://storage.spec.whatwg.org
 */
import type { Engine, HealthFinding, StoreLog } from '@upkeep/core'
import { warnAbove } from '@upkeep/core/backend'
import { browser } from './browser-scope.ts'

/** From here on it is nearly full. */
const USED_RATIO = 0.9

/** Asks the browser to keep the data of this origin. Never rejects. */
export async function persistStorage(log: StoreLog): Promise<void> {
  const isKept = await browser.navigator.storage?.persist?.().catch(() => false)
  if (isKept !== true) log.warn('the browser may remove the database when it needs room')
}

/** `engine`, whose health has findings about the storage: `storage_used`, `storage_persistent`. */
export function withStorageHealth<T extends Engine>(engine: T, isAsked: boolean): T {
  const health: Engine['health'] = engine.health.bind(engine)
  const value: Engine['health'] = async (limits, ctx) => {
    const findings = await health(limits, ctx)
    return Object.freeze([...findings, ...(await storageFindings(isAsked))])
  }
  return Object.defineProperty(engine, 'health', { value })
}

async function storageFindings(isAsked: boolean): Promise<readonly HealthFinding[]> {
  const { storage } = browser.navigator
  const { usage, quota } = (await storage?.estimate().catch(() => undefined)) ?? {}
  const ratio = usage === undefined || quota === undefined || quota === 0 ? undefined : usage / quota
  const used = warnAbove('storage_used', 'share of its quota that the origin has used, from 0 to 1', ratio, USED_RATIO)
  const isKept = await storage?.persisted?.().catch(() => undefined)
  const text = 'whether the browser keeps the data when it needs room for others: 1 for yes'
  const value = isKept === undefined ? undefined : Number(isKept)
  // Who has not asked for it knows.
  const status = isAsked && isKept !== true ? 'warn' : 'pass'
  return [used, Object.freeze({ code: 'storage_persistent', status, text, value })]
}
