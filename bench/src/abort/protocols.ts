/** What the bench of aborts asks of its processes. Moments are nanoseconds of the clock that all processes share. */

/** A statement that takes much longer than it is given. */
export type AbortKind = 'endless expression' | 'cross join' | 'sort' | 'create index' | 'update'

/** Statements of one kind, each aborted at a moment of its own. */
export interface AbortRequest {
  readonly path: string
  readonly kind: AbortKind
  /** When each is aborted, in milliseconds after it was issued. */
  readonly momentsMs: readonly number[]
}

/** What came of it. */
export interface AbortResult {
  /** In milliseconds, from each abort until another process had the write lock. */
  readonly unlockedMs: readonly number[]
  /** In milliseconds, from each abort until the promise had settled. */
  readonly settledMs: readonly number[]
  /** Statements that were done before their moment came. */
  readonly doneCount: number
  readonly maxLagMs: number
}

/** Statements of one kind that nobody aborts; their timeout ends them. */
export interface UnsignalledRequest {
  readonly path: string
  readonly kind: AbortKind
  readonly count: number
  readonly timeoutMs: number
}

/** Of the process that has the store. */
export type AbortProtocol = {
  readonly build: { readonly request: { readonly path: string; readonly rowCount: number }; readonly answer: void }
  readonly abort: { readonly request: AbortRequest; readonly answer: AbortResult }
  /** Answers the largest lag of the loop, in milliseconds. */
  readonly unsignalled: { readonly request: UnsignalledRequest; readonly answer: number }
}

/** Of a process with a plain connection. */
export type LockProbeProtocol = {
  readonly open: { readonly request: string; readonly answer: void }
  /** Takes the write lock when it is free, and gives it back. Answers when it had it. */
  readonly lock: { readonly request: undefined; readonly answer: bigint }
}
