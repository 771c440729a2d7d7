/**
 * Foreign keys put aside for a migration that makes a table anew: with them, `DROP TABLE` deletes the rows that refer to
 * the table, or fails on them.
 *
 * It compares what is broken afterwards with what was before. A file that was written without enforcement may have such
 * rows for years, and they are no fault of the migration.
 *
 * Sources: https://www.sqlite.org/lang_altertable.html#otheralter, https://www.sqlite.org/foreignkeys.html#fk_schemacommands
 */
import { CompiledQuery } from 'kysely'
import type { EngineSession, ForeignKeySwitch, StatementContext } from '../contract/backend.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'

/** Inside a transaction it would do nothing. The session restores it when it is released. */
const SUSPEND: CompiledQuery = CompiledQuery.raw('PRAGMA foreign_keys = OFF')
const FIND: CompiledQuery = CompiledQuery.raw(
  'SELECT "table", "parent", count(*) AS "count" FROM pragma_foreign_key_check GROUP BY 1, 2',
)
const MAX_TOLD = 5

/** Rows of one table that refer to no row of another. */
interface Violations {
  readonly table: string
  readonly parent: string
  readonly count: number
}

interface ForeignKeyState {
  readonly violations: readonly Violations[]
  /** Set where SQLite cannot look: a foreign key that refers to columns which are not unique. */
  readonly mismatch: string | undefined
}

export const sqliteForeignKeys: ForeignKeySwitch = {
  async suspend(session, ctx) {
    await session.execute(SUSPEND, ctx)
  },

  async watch(session, ctx) {
    const before = await look(session, ctx)
    return async () => assertNotWorse(before, await look(session, ctx))
  },
}

async function look(session: EngineSession, ctx: StatementContext): Promise<ForeignKeyState> {
  try {
    const { rows } = await session.execute(FIND, ctx)
    return { violations: rows as Violations[], mismatch: undefined }
  } catch (error) {
    if (!isStoreError(error) || error.nativeCode !== 'SQLITE_ERROR') throw error
    return { violations: [], mismatch: error.message }
  }
}

function assertNotWorse(before: ForeignKeyState, after: ForeignKeyState): void {
  if (after.mismatch !== undefined && after.mismatch !== before.mismatch) throw broken(after.mismatch)
  const worse = after.violations.filter((now) => now.count > countBefore(before, now))
  if (worse.length === 0) return
  const told = worse.slice(0, MAX_TOLD).map(({ table, parent }) => `"${table}" refers to missing rows of "${parent}"`)
  throw broken(worse.length > MAX_TOLD ? `${told.join(', ')} and ${worse.length - MAX_TOLD} more` : told.join(', '))
}

function countBefore(before: ForeignKeyState, { table, parent }: Violations): number {
  return before.violations.find((one) => one.table === table && one.parent === parent)?.count ?? 0
}

function broken(what: string): StoreError {
  return new StoreError('CONSTRAINT', `foreign keys are broken: ${what}`, { operation: 'migrate', kind: 'foreign_key' })
}
