/**
 * What the two sides of a {@link Channel} say to each other: calls with ids, their answers, and batches on the way to an
 * answer, of which the host sends no more than it was asked for.
 *
 *   client                                      host
 *   call 7 (credits) ─────────────────────────▶ runs it
 *                    ◀───────────────── batch 7 takes a credit
 *   more 7           ─────────────────────────▶ gives one back
 *   cancel 7         ─────────────────────────▶ sends no more, and answers
 *                    ◀────────── answer 7 │ error 7
 */
import type { SerializedStoreError } from '../errors/store-error.ts'

/** From the client. */
export type RemoteRequest =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'more'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number }

/** From the host. Of each call exactly one `answer` or `error`, last. */
export type RemoteResponse =
  | { readonly kind: 'batch'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SerializedStoreError }

/**
 * Batches that may be on their way at the same time. A runtime may hand over all that have come in one turn of the loop,
 * so this many batches are what the loop is held for.
 */
export const BATCHES_AHEAD = 2
