// Where the example runs in tests: the databases by name, each empty and of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostgresDatabase } from '../../../../test/servers/test-servers.ts'

/** What STORE_URL is set to, and how to be rid of it. */
export interface Location {
  readonly url: string
  remove(): Promise<void>
}

export const LOCATIONS: Readonly<Record<string, () => Promise<Location>>> = {
  'sqlite file': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'upkeep-server-'))
    return { url: `sqlite:${join(folder, 'notes.db')}`, remove: () => rm(folder, { recursive: true }) }
  },
  postgres: async () => {
    const { url, drop } = await createPostgresDatabase('newest')
    return { url, remove: drop }
  },
  'sqlite memory': async () => ({ url: 'sqlite::memory:', remove: async () => undefined }),
}

/** Those that are still there when the process that wrote them is gone. */
export const LASTING: readonly string[] = Object.keys(LOCATIONS).filter((name) => name !== 'sqlite memory')
