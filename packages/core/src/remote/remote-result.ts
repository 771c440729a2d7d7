/** An answer with its rows → Kysely's result, without the properties that have nothing to say. */
import type { QueryResult } from 'kysely'
import type { ResultAnswer } from './engine-calls.ts'

export function toResult({
  rows,
  numAffectedRows,
  insertId,
}: Omit<ResultAnswer, 'last'> & { readonly rows: unknown[] }): QueryResult<unknown> {
  return {
    rows,
    ...(numAffectedRows !== undefined && { numAffectedRows }),
    ...(insertId !== undefined && { insertId }),
  }
}
