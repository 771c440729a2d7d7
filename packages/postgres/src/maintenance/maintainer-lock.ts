/**
 * One maintainer at a time, among processes, on connections of their own and behind poolers.
 *
 * The truth is a row, claimed in one statement. Once its first moments are over a claim is good in one of two ways:
 *
 *   session  for as long as the claimant's connection holds an advisory lock: it ends with its process
 *   lease    until a time on the database's clock, and renewed: behind a pooler sessions are not one's own
 *
 *   free ──claim──▶ session ──release, or its connection ends──▶ free
 *     └────claim──▶ lease ──release, or its time is over──▶ free
 *
 * Where the row cannot be written, a connection of one's own still has the advisory lock; a pooled one has nothing, and is
 * no maintainer. Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
import type { DedicatedClient } from './dedicated-client.ts'
import type { ServerFacts } from './detect-server.ts'
import { ensureNotesTable, notesTable } from './maintainer-notes.ts'

/** Held. */
export interface MaintainerHold {
  readonly held: true
  readonly kind: 'session' | 'lease'
  /** Whether notes can be written. */
  readonly hasNotes: boolean
  /** Makes the claim good for longer; answers false when somebody else has it. */
  renew(client: DedicatedClient): Promise<boolean>
  release(client: DedicatedClient): Promise<void>
}

/** What an attempt came to. */
export type MaintainerAttempt = MaintainerHold | { readonly held: false; readonly reason: string }

/** Who claims, and for how long. */
export interface Claimant {
  /** In words, for those who come too late. */
  readonly owner: string
  /** Unlike that of any other claim. */
  readonly token: string
  readonly leaseMs: number
}

const ROW = 'maintainer'
/** Between the row and the advisory lock. */
const SETTLING_MS = 2000
/** "upk" and a version, so that no other application's locks are met by chance. */
const LOCK_CLASS = 0x75706b01

/** Takes the lock if nobody has it, and never waits. @throws the driver's errors */
export async function claimMaintainer(
  client: DedicatedClient,
  server: ServerFacts,
  claimant: Claimant,
): Promise<MaintainerAttempt> {
  const { schema, isPooled, flavour } = server
  const kind = isPooled || !flavour.hasAdvisoryLocks ? 'lease' : 'session'
  const lockId = lockIdOf(schema ?? '')
  const hasNotes = schema !== undefined && (await ensureNotesTable(client.ask, schema))
  if (!hasNotes) return kind === 'session' ? lockOnly(client, lockId) : NO_PLACE
  const table = notesTable(schema)
  const holder = await claimRow(client, table, kind, lockId, claimant, flavour.hasAdvisoryLocks)
  if (holder !== undefined) return heldBy(holder)
  const hold = holdRow(table, kind, lockId, claimant)
  if (kind === 'lease' || (await tryAdvisoryLock(client, lockId))) return hold
  // Somebody who can write no row.
  const other = await advisoryHolder(client, lockId)
  await hold.release(client)
  return heldBy(other)
}

async function lockOnly(client: DedicatedClient, lockId: number): Promise<MaintainerAttempt> {
  if (await tryAdvisoryLock(client, lockId)) return holdLock(lockId)
  return heldBy(await advisoryHolder(client, lockId))
}

function heldBy(holder: string): MaintainerAttempt {
  return { held: false, reason: `another maintainer is at work: ${holder}` }
}

const NO_PLACE: MaintainerAttempt = {
  held: false,
  reason: 'behind a pooler the maintainer needs a table to be named in, and this role may create none',
}

/** Answers who else has it; `undefined` when it is ours. */
async function claimRow(
  client: DedicatedClient,
  table: string,
  kind: 'session' | 'lease',
  lockId: number,
  { owner, token, leaseMs }: Claimant,
  hasAdvisoryLocks: boolean,
): Promise<string | undefined> {
  const sessionIsOver = hasAdvisoryLocks
    ? `NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid = ${LOCK_CLASS} AND l.objid = ${lockId >>> 0}
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))`
    : 'true'
  const [claimed] = await client.ask(
    `INSERT INTO ${table} AS t (key, value, holder, kind, expires_at)
      VALUES ('${ROW}', $1, $2, $3, clock_timestamp() + $4::float8 * interval '1 millisecond')
      ON CONFLICT (key) DO UPDATE
        SET value = excluded.value, holder = excluded.holder, kind = excluded.kind, expires_at = excluded.expires_at
        WHERE t.kind = 'free'
          OR (t.expires_at < clock_timestamp() AND (t.kind = 'lease' OR ${sessionIsOver}))
      RETURNING value`,
    [token, owner, kind, kind === 'lease' ? leaseMs : SETTLING_MS],
  )
  if (claimed !== undefined) return undefined
  const [other] = await client.ask(`SELECT holder FROM ${table} WHERE key = '${ROW}'`)
  return String(other?.holder ?? 'unknown')
}

function holdRow(table: string, kind: 'session' | 'lease', lockId: number, claimant: Claimant): MaintainerHold {
  const { token, leaseMs } = claimant
  return {
    held: true,
    kind,
    hasNotes: true,
    async renew(client) {
      const renewed = await client.ask(
        `UPDATE ${table} SET expires_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
          WHERE key = '${ROW}' AND value = $1 RETURNING key`,
        [token, leaseMs],
      )
      return renewed.length > 0
    },
    async release(client) {
      await client.ask(`UPDATE ${table} SET kind = 'free' WHERE key = '${ROW}' AND value = $1`, [token])
      if (kind === 'session') await advisoryUnlock(client, lockId)
    },
  }
}

function holdLock(lockId: number): MaintainerHold {
  return {
    held: true,
    kind: 'session',
    hasNotes: false,
    renew: async () => true,
    release: (client) => advisoryUnlock(client, lockId),
  }
}

async function tryAdvisoryLock(client: DedicatedClient, lockId: number): Promise<boolean> {
  const [row] = await client.ask(`SELECT pg_try_advisory_lock(${LOCK_CLASS}, ${lockId}) AS yes`)
  return row?.yes === true
}

async function advisoryUnlock(client: DedicatedClient, lockId: number): Promise<void> {
  await client.ask(`SELECT pg_advisory_unlock(${LOCK_CLASS}, ${lockId})`)
}

/** It may have let go by now. */
async function advisoryHolder(client: DedicatedClient, lockId: number): Promise<string> {
  const [row] = await client.ask(
    `SELECT a.application_name AS app, a.pid AS pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid = ${LOCK_CLASS} AND l.objid = ${lockId >>> 0} AND a.datname = current_database()`,
  )
  return row === undefined ? 'unknown' : `${String(row.app)}, session ${String(row.pid)}`
}

/** Applications that share a database, each with its own schema, are none of each other's business. FNV-1a, 32 bits. */
function lockIdOf(schema: string): number {
  let hash = 0x811c9dc5
  for (const char of schema) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return hash | 0
}
