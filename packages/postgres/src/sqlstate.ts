/**
 * SQLSTATE → the codes of the store. The one place that knows what each means here.
 *
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import type { ConstraintKind, StoreErrorCode } from '@upkeep/core'

/** By the whole code, where it differs from its class. */
const CODES: Readonly<Record<string, StoreErrorCode>> = {
  // A function or a trigger of the application has refused.
  P0001: 'CONSTRAINT',
  '0A000': 'UNSUPPORTED',
  '25006': 'READONLY',
  '25P03': 'TIMEOUT',
  '25P04': 'TIMEOUT',
  '40001': 'SERIALIZATION',
  '40002': 'CONSTRAINT',
  '40003': 'OUTCOME_UNKNOWN',
  '40P01': 'SERIALIZATION',
  '42501': 'PERMISSION',
  '44000': 'CONSTRAINT',
  // A connection did not come free.
  '53300': 'BUSY',
  '55006': 'BUSY',
  '55P03': 'BUSY',
  '57014': 'ABORTED',
  '58030': 'CONNECTION',
  XX001: 'CORRUPT',
  XX002: 'CORRUPT',
}

/** By the first two characters. */
const CLASSES: Readonly<Record<string, StoreErrorCode>> = {
  '08': 'CONNECTION',
  '22': 'INVALID_ARGUMENT',
  '23': 'CONSTRAINT',
  '25': 'INVALID_ARGUMENT',
  '28': 'PERMISSION',
  '2D': 'INVALID_ARGUMENT',
  '3B': 'INVALID_ARGUMENT',
  '3D': 'CONNECTION',
  '3F': 'SYNTAX',
  '40': 'SERIALIZATION',
  '42': 'SYNTAX',
  '53': 'FULL',
  '54': 'INVALID_ARGUMENT',
  '57': 'CONNECTION',
}

const CONSTRAINT_KINDS: Readonly<Record<string, ConstraintKind>> = {
  '23001': 'foreign_key',
  '23502': 'not_null',
  '23503': 'foreign_key',
  '23505': 'unique',
  '23514': 'check',
  '23P01': 'unique',
  '44000': 'check',
}

/** What `sqlState` means here. */
export function codeOfSqlState(sqlState: string): StoreErrorCode {
  return CODES[sqlState] ?? CLASSES[sqlState.slice(0, 2)] ?? 'UNKNOWN'
}

/** Which sort of constraint it is about. */
export function constraintKindOf(sqlState: string): ConstraintKind | undefined {
  return CONSTRAINT_KINDS[sqlState]
}
