// The servers that tests can ask for, by name. What each of them is: postgres-servers.ts.

/**
 * `newest` and `oldest` are the majors at the ends of what is supported, out of the registry. `pgbouncer` pools
 * transactions in front of `newest`; `standby` follows a primary of its own. These two need binaries of the machine.
 */
export const SERVER_NAMES = ['newest', 'oldest', 'pgbouncer', 'standby'] as const

export type ServerName = (typeof SERVER_NAMES)[number]

/** How to reach one, as its superuser. */
export interface ServerAddress {
  /** Of its database `postgres`. */
  readonly url: string
  /** The same past what stands in front of it: the server behind a pooler, the primary of a standby. */
  readonly directUrl: string
}
