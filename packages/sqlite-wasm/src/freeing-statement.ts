/** What a statement does to the room that a database takes, by its first words. */

/** Source: https://www.sqlite.org/pragma.html */
const FREES = /^\s*(?:delete|drop|vacuum|pragma\s+(?:\w+\.)?(?:incremental_vacuum|wal_checkpoint))\b/i
const CONTROLS = /^\s*(?:begin|commit|end|rollback|savepoint|release|pragma)\b/i

/** `takes`: it may need room for good; `frees`: it needs some for a while; `neither`: it is one of a transaction's ends, or a setting. */
export type RoomUse = 'takes' | 'frees' | 'neither'

export function roomUseOf(sql: string): RoomUse {
  if (FREES.test(sql)) return 'frees'
  return CONTROLS.test(sql) ? 'neither' : 'takes'
}
