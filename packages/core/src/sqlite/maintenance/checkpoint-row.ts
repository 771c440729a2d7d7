/**
 * What a checkpoint says of itself: SQLite tells it in a result row, and not by an error.
 * Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
 */
import type { SqliteRow } from '../port.ts'

/** The result row of a checkpoint. */
export interface CheckpointRow {
  /** Somebody was in the way. */
  readonly busy: boolean
  /** Frames in the log; -1 without one. */
  readonly logFrames: number
  /** Frames that are in the database already. */
  readonly copiedFrames: number
}

/** Reads a checkpoint's result row. */
export function checkpointRow(row: SqliteRow | undefined): CheckpointRow {
  return {
    busy: Number(row?.busy) !== 0,
    logFrames: Number(row?.log),
    copiedFrames: Number(row?.checkpointed),
  }
}
