/**
 * The settings of the server that the store's options stand for, in the two forms they are sent in.
 *
 * Source: https://www.postgresql.org/docs/current/runtime-config-client.html
 */
import { quoteName } from './maintenance/quote-name.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import type { BoundStatement } from './statement-checks.ts'

/** How values are written; whatever the server's own configuration says, we read these. */
const FORMATS: Readonly<Record<string, string>> = { bytea_output: 'hex', IntervalStyle: 'postgres' }

/** For `options` of the startup packet. */
export function serverOptions(options: ResolvedPostgresOptions, others: Readonly<Record<string, string>> = {}): string {
  return settingsText({ ...FORMATS, ...settingsOf(options), ...others })
}

/** As the server takes them at startup. Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ')
}

/** For a transaction behind a pooler, which takes none at startup: `SET LOCAL`, one statement after another. */
export function localSettings(options: ResolvedPostgresOptions): string {
  return Object.entries(settingsOf(options))
    .filter(([name]) => name !== 'default_transaction_read_only')
    .map(([name, value]) => `SET LOCAL ${name} = ${name === 'search_path' ? value : `'${value}'`};`)
    .join(' ')
}

/** What the server would not do together with something else. Source: PreventInTransactionBlock in its sources. */
const ALONE = /\bconcurrently\b|^\s*(?:call|do|reindex|cluster)\b|\b(?:database|tablespace|system|subscription)\b/i

/**
 * The same for a single statement behind a pooler, as a query that goes before it: up to the Sync they are one
 * transaction. `undefined` where there is nothing to set, or where the statement must be alone.
 */
export function prefaceOf(options: ResolvedPostgresOptions, { sql, kind }: BoundStatement): string | undefined {
  if (kind === 'command' && ALONE.test(sql)) return undefined
  const { lock_timeout, search_path, default_transaction_read_only } = settingsOf(options)
  const settings = Object.entries({ lock_timeout, search_path, transaction_read_only: default_transaction_read_only })
  const calls = settings
    .filter((setting): setting is [string, string] => setting[1] !== undefined)
    .map(([name, value]) => `set_config('${name}', ${quoteText(value)}, true)`)
  return calls.length === 0 ? undefined : `select ${calls.join(', ')}`
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function settingsOf(options: ResolvedPostgresOptions): Record<string, string> {
  const { lockTimeoutMs, idleInTransactionTimeoutMs, readOnly, schema } = options
  return {
    ...(lockTimeoutMs !== false && { lock_timeout: String(lockTimeoutMs) }),
    ...(idleInTransactionTimeoutMs !== false && {
      idle_in_transaction_session_timeout: String(idleInTransactionTimeoutMs),
    }),
    ...(readOnly && { default_transaction_read_only: 'on' }),
    ...(schema !== undefined && { search_path: quoteName(schema) }),
  }
}
