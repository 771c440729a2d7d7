/** Kysely's SQLite adapter, for a store with several connections. */
import { SqliteAdapter } from 'kysely'

export class ConcurrentSqliteAdapter extends SqliteAdapter {
  /** If it were false, Kysely would put a single mutex over all connections. The write lock keeps writers apart. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
