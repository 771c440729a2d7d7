/** From which size of the write-ahead log on something is done about it. */

const MIB = 1024 * 1024

/** In bytes of the log; all below the limit that the application has set. */
export interface LogSizes {
  /** From here on it is worth a thread: just before SQLite would copy on a commit. */
  readonly start: number
  /** From here on it is copied and begun anew. */
  readonly keep: number
  /** From here on the file is cut off: one that is merely begun anew is written faster. */
  readonly cut: number
  /** From here on writers wait until it is copied. */
  readonly brake: number
  /** From here on, behind a reader, each commit is written to the disk. */
  readonly sync: number
}

export function logSizes(limitBytes: number | false): LogSizes {
  const limit = limitBytes === false ? Number.POSITIVE_INFINITY : limitBytes
  return {
    start: Math.min(2 * MIB, limit / 4),
    keep: Math.min(4 * MIB, limit / 2),
    cut: Math.min(16 * MIB, limit),
    brake: limit * (3 / 4),
    sync: limit,
  }
}
