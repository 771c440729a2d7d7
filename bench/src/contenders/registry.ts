/**
 * The contenders by name. An unknown name throws; a contender's module is loaded only when it is opened.
 */
import type { OpenContender } from './contender.ts'

const CONTENDERS = {
  raw: async () => (await import('./raw.ts')).openRaw,
  kysely: async () => (await import('./kysely.ts')).openKysely,
  drizzle: async () => (await import('./drizzle.ts')).openDrizzle,
  'drizzle-prepared': async () => (await import('./drizzle-prepared.ts')).openDrizzlePrepared,
  upkeep: async () => (await import('./upkeep.ts')).openUpkeep,
  'upkeep-dialect': async () => (await import('./upkeep-dialect.ts')).openUpkeepDialect,
} satisfies Record<string, () => Promise<OpenContender>>

/** The name of a contender. */
export type ContenderName = keyof typeof CONTENDERS

/** All of them, in the order of the table. */
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as readonly ContenderName[]

/** Whether `name` is a contender. */
export function isContenderName(name: string): name is ContenderName {
  return Object.hasOwn(CONTENDERS, name)
}

/** How to open the contender; throws for a name that is none. */
export async function loadContender(name: string): Promise<OpenContender> {
  if (!isContenderName(name)) throw new Error(`unknown contender '${name}'; there are ${CONTENDER_NAMES.join(', ')}`)
  return CONTENDERS[name]()
}
