/**
 * How large the page cache of a connection may be. With a budget for the whole store each kind of connection has a part
 * of it, divided among as many as there can be, so that all of them together stay below it whatever is open.
 *
 * It is about page caches alone: prepared statements, rows and what SQLite sorts in are not in it.
 */
import type { ResolvedSqliteOptions } from './sqlite-options.ts'

/** What a connection is for. */
export type ConnectionRole = 'writer' | 'reader' | 'leased reader' | 'worker' | 'maintenance'

/** Of eight. What runs most has most; maintenance goes through its pages once, and a cache helps it little. */
const PARTS: Readonly<Record<ConnectionRole, number>> = {
  writer: 2,
  reader: 2,
  'leased reader': 2,
  worker: 1,
  maintenance: 1,
}
const ALL_PARTS = 8

/**
 * At most, of a worker. SQLite sorts in runs as large as the page cache, and nothing can stop it within one; and with
 * runs that fit the processor's own caches, sorts and groupings of millions of rows take half the time.
 */
const WORKER_CACHE_BYTES = 1024 * 1024

/** A run, the thread that copies the log, and the process for long tasks. */
const MAINTENANCE_CONNECTIONS = 3

/** In bytes, of one connection; `maxWorkers` is how many of that role there can be. */
export function cacheShareBytes(options: ResolvedSqliteOptions, role: ConnectionRole, maxWorkers = 4): number {
  const bytes = shareBytes(options, role, maxWorkers)
  return role === 'worker' ? Math.min(bytes, WORKER_CACHE_BYTES) : bytes
}

function shareBytes(
  { memoryBudgetBytes, cacheSizeBytes, maxReaders }: ResolvedSqliteOptions,
  role: ConnectionRole,
  maxWorkers: number,
): number {
  if (memoryBudgetBytes === false) return cacheSizeBytes
  const connections: Readonly<Record<ConnectionRole, number>> = {
    writer: 1,
    reader: 1,
    'leased reader': maxReaders,
    worker: maxWorkers,
    maintenance: MAINTENANCE_CONNECTIONS,
  }
  return Math.floor((memoryBudgetBytes * PARTS[role]) / ALL_PARTS / connections[role])
}
