/**
 * What the bench asks of a contender's process.
 */
import type { Settings } from '../contenders/contender.ts'
import type { SliceOptions } from './slice.ts'

/** See the module. A type, not an interface, so that it is a `Protocol`. */
export type ContenderProtocol = {
  /** Makes one call of the row and hands over its answer, to be compared with the others'. */
  readonly sample: {
    readonly request: { readonly row: string }
    /** `supported` is false where the library has no such operation. */
    readonly answer: { readonly supported: boolean; readonly value: unknown }
  }
  /** Untimed slices until the time is up, never less than one. */
  readonly warmUp: {
    readonly request: { readonly row: string; readonly slice: SliceOptions; readonly durationMs: number }
    readonly answer: void
  }
  /** One timed slice, after `runIn` untimed calls. */
  readonly slice: {
    readonly request: { readonly row: string; readonly slice: SliceOptions; readonly runIn: number }
    readonly answer: { readonly elapsedNs: number }
  }
  /** Counts what was inserted and removes it. */
  readonly reset: { readonly request: null; readonly answer: void }
  readonly settings: { readonly request: null; readonly answer: Settings }
  readonly close: { readonly request: null; readonly answer: void }
}
