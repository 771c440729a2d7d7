/** Cuts samples into windows of equal length: what a chart can show of thousands of requests. */

/** A figure for the time around `atMs`. */
export interface WindowPoint {
  readonly atMs: number
  readonly valueMs: number
}

/** A stretch of time and how it is cut. */
export interface WindowRange {
  readonly startMs: number
  readonly endMs: number
  readonly windowMs: number
}

/** The largest value of each window that has samples, in order of time. */
export function largestByWindow<T extends { readonly atMs: number }>(
  samples: readonly T[],
  measure: (sample: T) => number,
  { startMs, endMs, windowMs }: WindowRange,
): WindowPoint[] {
  const largest: number[] = []
  for (const sample of samples) {
    if (sample.atMs < startMs || sample.atMs >= endMs) continue
    const index = Math.floor((sample.atMs - startMs) / windowMs)
    largest[index] = Math.max(largest[index] ?? 0, measure(sample))
  }
  // Windows without samples are holes, which flatMap leaves out.
  return largest.flatMap((valueMs, index) => {
    const fromMs = startMs + index * windowMs
    return [{ atMs: (fromMs + Math.min(fromMs + windowMs, endMs)) / 2, valueMs }]
  })
}
