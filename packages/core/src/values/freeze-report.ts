/**
 * Reports that nobody can change. A frozen Date can still be set, and many callers may have the same report: so each one
 * who reads a date of it gets a Date of his own.
 */

/** Freezes `report`, which must be the caller's own; what is nested in it is left as it is. */
export function freezeReport<T extends object>(report: T): Readonly<T> {
  for (const [name, value] of Object.entries(report)) {
    if (!(value instanceof Date)) continue
    const timeMs = value.getTime()
    Object.defineProperty(report, name, { get: () => new Date(timeMs), enumerable: true })
  }
  return Object.freeze(report)
}
