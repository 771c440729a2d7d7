// The adapter that Kysely's Migrator sees on a session: what differs, and that all else is the dialect's own.
import { PostgresAdapter, SqliteAdapter } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createSessionAdapter } from '../dist/migrate/session-adapter.js'

/** With a private part, as adapters of backends have: it must be read on the adapter itself. */
class OwnAdapter extends SqliteAdapter {
  readonly #locked: string[] = []

  override get supportsReturning(): boolean {
    return this.#locked.length === 0
  }

  override async acquireMigrationLock(): Promise<void> {
    this.#locked.push('taken')
  }

  describe(): string {
    return `own ${this.#locked.length}`
  }
}

describe('createSessionAdapter', () => {
  it('allows a transaction, and locks nothing', async () => {
    const own = new OwnAdapter()
    const adapter = createSessionAdapter(own)
    expect([own.supportsTransactionalDdl, adapter.supportsTransactionalDdl]).toEqual([false, true])
    await adapter.acquireMigrationLock(undefined as never, undefined as never)
    await adapter.releaseMigrationLock(undefined as never, undefined as never)
    expect(own.describe()).toBe('own 0')
  })

  it('is otherwise what it stands for', () => {
    const adapter = createSessionAdapter(new OwnAdapter()) as OwnAdapter
    expect(adapter).toBeInstanceOf(SqliteAdapter)
    expect(adapter).not.toBeInstanceOf(PostgresAdapter)
    expect([adapter.supportsReturning, adapter.supportsCreateIfNotExists, adapter.describe()]).toEqual([
      true,
      true,
      'own 0',
    ])
  })
})
