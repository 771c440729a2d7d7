/** Sizes the next piece of a long work by how long the last one took. */

/** Between what, and for how long. */
export interface SizeLimits {
  /** How long a piece should take, in milliseconds. */
  readonly targetMs: number
  readonly min: number
  readonly max: number
}

/** Down at once, up by halves, so that one odd piece does not upset the next. */
export function fittingSize(size: number, tookMs: number, { targetMs, min, max }: SizeLimits): number {
  const fitting = size * (targetMs / Math.max(tookMs, 0.1))
  const next = fitting < size ? fitting : (size + fitting) / 2
  return Math.round(Math.min(max, Math.max(min, next)))
}
