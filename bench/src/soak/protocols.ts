/** What the soak asks of its processes. */

/** How often each thing came about, by its name. */
export type Tally = Readonly<Record<string, number>>

/** Aborts at random moments. */
export interface StormRequest {
  /** Does not exist yet. */
  readonly path: string
  readonly aborts: number
  readonly seed: number
}

/** What came of it; what should not be is listed, a few of each. */
export interface StormResult {
  /** Of operations that were still running. */
  readonly aborts: number
  /** Stores that were closed while operations ran. */
  readonly closes: number
  readonly outcomes: Tally
  /** Operations whose outcome is none that an abort has, or not what is found in the file. */
  readonly wrong: readonly string[]
  readonly unhandled: readonly string[]
  /** Of Node, such as those of listeners that pile up. */
  readonly warnings: readonly string[]
  readonly before: ProcessCounts
  readonly after: ProcessCounts
}

/** What a process has of the kernel; -1 where that cannot be counted. */
export interface ProcessCounts {
  readonly fileDescriptors: number
  readonly threads: number
}

/** Aborts, and deaths of a worker, around a COMMIT. */
export interface WindowRequest {
  /** Does not exist yet. */
  readonly path: string
  readonly rounds: number
  readonly seed: number
}

/** What came of it. */
export interface WindowResult {
  readonly rounds: number
  /** By kind of write, outcome, and what the other process found. */
  readonly outcomes: Tally
  /** A write that had to wait for a lock that was not given back shows here. */
  readonly slowest: { readonly tookMs: number; readonly what: string }
  readonly wrong: readonly string[]
  readonly unhandled: readonly string[]
}

/** Of the process that has the store. */
export type SoakProtocol = {
  readonly storm: { readonly request: StormRequest; readonly answer: StormResult }
  readonly window: { readonly request: WindowRequest; readonly answer: WindowResult }
}

/** Of a process with a plain connection. */
export type RowProbeProtocol = {
  readonly open: { readonly request: string; readonly answer: void }
  /** How many rows of `pair` have this number. */
  readonly count: { readonly request: number; readonly answer: number }
}
