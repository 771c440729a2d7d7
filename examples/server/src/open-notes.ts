// Opens the store that STORE_URL names. The list of backends is all that the application knows of databases.
import { readdir } from 'node:fs/promises'
import { openStore, type Store } from '@upkeep/core'
import { postgres } from '@upkeep/postgres'
import { sqliteNative } from '@upkeep/sqlite-native'
import type { Migration, MigrationProvider } from 'kysely/migration'
import type { Schema } from './schema.ts'

const MIGRATIONS = new URL('migrations/', import.meta.url)

/** @throws what `openStore` throws; INVALID_ARGUMENT where there is no URL */
export function openNotes(url: string | undefined, signal?: AbortSignal): Promise<Store<Schema>> {
  return openStore<Schema>(url, {
    backends: [sqliteNative(), postgres()],
    migrations: { provider, schema: { note: ['id', 'tags', 'search_text', 'revision'], change: ['note_id', 'at'] } },
    signal,
    slowQueries: { onSlowQuery: ({ sql, durationMs }) => console.warn('slow query', { sql, durationMs }) },
  })
}

const provider: MigrationProvider = {
  async getMigrations() {
    const migrations: Record<string, Migration> = {}
    for (const file of (await readdir(MIGRATIONS)).filter((name) => /^\d.*\.ts$/.test(name))) {
      migrations[file.replace('.ts', '')] = await import(new URL(file, MIGRATIONS).href)
    }
    return migrations
  },
}
