/**
 * Rows as SQLite gives them → values of the contract, by the declared types of the result columns.
 *
 * Rows are read in number mode, which is fast and rounds beyond 2^53. `decodeRows` notices that, and the statement is
 * then read again in exact mode and stays there.
 */
import { DECODERS, type Decoder, decodeInteger, type ValueKind } from '../values/value-kind.ts'
import type { SqliteColumn, SqliteRow } from './port.ts'

/** How one result column is turned into its value. */
interface ColumnPlan {
  readonly name: string
  /** The kind's decoder; integers need none, only the look whether they were rounded. */
  readonly decode: Decoder | undefined
}

/** The columns of a statement that need anything done to them. */
export type RowPlan = readonly ColumnPlan[]

/** The kind that a declared type stands for, by its first word; `undefined` for an expression. */
export function kindOfDeclaredType(declaredType: string | null): ValueKind | undefined {
  if (declaredType === null || declaredType === '') return undefined
  const type = declaredType.toUpperCase()
  if (/^BOOL/.test(type)) return 'boolean'
  if (/^TIMESTAMP/.test(type)) return 'instant'
  if (/^JSON/.test(type)) return 'json'
  if (/^(?:DECIMAL|NUMERIC)/.test(type)) return 'decimal'
  if (type.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text'
  if (type.includes('BLOB')) return 'bytes'
  if (/REAL|FLOA|DOUB/.test(type)) return 'float'
  return undefined
}

/** What is to be done to the rows of a statement with these columns; text and floats are right as they come. */
export function planRows(columns: readonly SqliteColumn[]): RowPlan {
  // Of two columns with one name the row has the last.
  const kinds = new Map(columns.map(({ name, declaredType }) => [name, kindOfDeclaredType(declaredType) ?? 'bytes']))
  const plan: ColumnPlan[] = []
  for (const [name, kind] of kinds) {
    if (kind === 'text' || kind === 'float') continue
    plan.push({ name, decode: kind === 'integer' ? undefined : DECODERS[kind] })
  }
  return plan
}

/** Decodes `rows` in place. Answers false, leaving them to be thrown away, if an integer may have been rounded. */
export function decodeRows(rows: readonly SqliteRow[], plan: RowPlan): boolean {
  for (const { name, decode } of plan) {
    for (const row of rows) {
      const value = row[name]
      if (typeof value === 'number' && mayBeRounded(value)) return false
      if (decode !== undefined && value !== null) row[name] = decode(value)
    }
  }
  return true
}

/** Decodes rows that were read in exact mode: integers that fit become numbers. */
export function decodeExactRows(rows: readonly SqliteRow[], plan: RowPlan): void {
  for (const { name, decode } of plan) {
    for (const row of rows) {
      const value = row[name]
      if (value === null) continue
      const decoded = decode === undefined ? value : decode(value)
      row[name] = typeof decoded === 'bigint' ? decodeInteger(decoded) : decoded
    }
  }
}

/** Beyond 2^53 a number read from SQLite may stand for several integers; a REAL of that size is read again in vain. */
function mayBeRounded(value: number): boolean {
  return value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER
}
