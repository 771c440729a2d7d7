/** What nobody has caught in this process, and what Node warned of: a soak that goes on in spite of it must tell it. */

/** See the module. */
export interface Unhandled {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  [Symbol.dispose](): void
}

/** A few say as much as thousands. */
const KEPT = 20

/** Keeps them until it is disposed of. */
export function watchUnhandled(): Unhandled {
  const errors: string[] = []
  const warnings: string[] = []
  const keep = (list: string[], what: unknown): void => {
    if (list.length < KEPT) list.push(what instanceof Error ? (what.stack ?? what.message) : String(what))
  }
  const onError = (error: unknown): void => keep(errors, error)
  const onWarning = (warning: Error): void => keep(warnings, warning)
  process.on('unhandledRejection', onError).on('uncaughtException', onError).on('warning', onWarning)
  return {
    errors,
    warnings,
    [Symbol.dispose]: () => {
      process.off('unhandledRejection', onError).off('uncaughtException', onError).off('warning', onWarning)
    },
  }
}
