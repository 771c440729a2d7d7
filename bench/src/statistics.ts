/**
 * The few lines of statistics the benches need.
 */

/** The value below which this share of the values lies, by linear interpolation; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** All of them added up. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** The largest; NaN of nothing. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), values[0] ?? Number.NaN)
}

/** Median, p99 and largest of latencies in milliseconds. */
export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** See {@link LatencySummary}. */
export function summarizeLatencies(valuesMs: readonly number[]): LatencySummary {
  return {
    count: valuesMs.length,
    p50Ms: median(valuesMs),
    p99Ms: quantile(valuesMs, 0.99),
    maxMs: largest(valuesMs),
  }
}
