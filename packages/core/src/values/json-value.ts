/**
 * Marks a value as JSON, for what cannot be told from a parameter: arrays and scalars. Plain objects need no mark.
 */

/** A JSON parameter; made by {@link json}. */
export class JsonValue {
  /** What will be written as JSON. */
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** Binds `value` as JSON: `values({ tags: json(['a', 'b']) })`. */
export function json<T>(value: T): T {
  return new JsonValue(value) as T
}
