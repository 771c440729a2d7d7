/**
 * Names in statements that take no parameters, as VACUUM and its like do not.
 * Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 */
import { invalidArgument } from '@upkeep/core'

/** `name` as SQL writes it, whatever is in it. @throws INVALID_ARGUMENT for a NUL, which no name can hold */
export function quoteName(name: string): string {
  if (name.includes('\0')) throw invalidArgument('a name must hold no NUL', 'maintenance')
  return `"${name.replaceAll('"', '""')}"`
}

/** A name with its schema. */
export function qualifiedName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`
}
