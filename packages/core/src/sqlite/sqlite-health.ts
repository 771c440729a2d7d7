/** The findings of `health()` that only SQLite has. */
import { CompiledQuery } from 'kysely'
import type { Engine, StatementContext } from '../contract/backend.ts'
import type { HealthFinding, HealthLimits } from '../contract/health.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteFiles } from './port.ts'

/** Looks at the write-ahead log and at free pages. */
export async function sqliteHealth(
  engine: Engine,
  set: ConnectionSet,
  files: SqliteFiles | undefined,
  limits: HealthLimits,
  ctx: StatementContext,
): Promise<HealthFinding[]> {
  const findings: HealthFinding[] = []
  const walSizeBytes = set.isMemory ? undefined : files?.sizeBytes(`${set.path}-wal`)
  if (walSizeBytes !== undefined) {
    findings.push(limit('wal_size', 'size of the write-ahead log in bytes', walSizeBytes, limits.walSizeBytes))
  }
  const [pageCount, freePages, pageSize] = [
    await pragma(engine, 'page_count', ctx),
    await pragma(engine, 'freelist_count', ctx),
    await pragma(engine, 'page_size', ctx),
  ]
  const isLarge = freePages * pageSize > limits.freelistSizeBytes
  const ratio = pageCount === 0 ? 0 : freePages / pageCount
  findings.push({
    ...limit('freelist', 'share of the pages that are free', ratio, limits.freelistRatio),
    ...(!isLarge && { status: 'pass' }),
  })
  return findings
}

async function pragma(engine: Engine, name: string, ctx: StatementContext): Promise<number> {
  const { rows } = await engine.execute(CompiledQuery.raw(`select * from pragma_${name}`), ctx)
  return Number(Object.values(rows[0] as object)[0])
}

function limit(code: string, text: string, value: number, max: number): HealthFinding {
  return { code, status: value > max ? 'warn' : 'pass', text, value, limit: max }
}
