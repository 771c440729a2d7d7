/** A logger that keeps every line, of any level. */
import type { StoreLogger } from '@upkeep/core'

/** A logger, and what it was told: level, message, fields. */
export interface KeepingLogger {
  readonly logger: StoreLogger
  readonly lines: readonly (readonly unknown[])[]
}

/** A logger that keeps what it is told. */
export function keepingLogger(): KeepingLogger {
  const lines: unknown[][] = []
  const keep =
    (level: string) =>
    (...line: unknown[]): void =>
      void lines.push([level, ...line])
  return { logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }, lines }
}
