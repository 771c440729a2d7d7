/** Looks into everything that hangs on a value: properties of any kind, symbols and functions included. */

/** One thing found. */
export interface Found {
  /** How it is reached, e.g. `.engine.executors`. */
  readonly path: string
  readonly value: unknown
  /** What is found there when somebody looks again. */
  again(): unknown
}

/** `root`, and whatever is reached from it by properties of its own, each object once. */
export function lookInto(root: unknown): readonly Found[] {
  const found: Found[] = []
  const seen = new Set<unknown>()
  const visit = (path: string, again: () => unknown): void => {
    const value = again()
    found.push({ path, value, again })
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
    seen.add(value)
    for (const key of Reflect.ownKeys(value))
      visit(`${path}.${String(key)}`, () => (value as Record<PropertyKey, unknown>)[key])
  }
  visit('', () => root)
  return found
}

/** The paths of those objects in `root` that can be changed. One that is made anew for each who looks is nobody else's. */
export function changeableIn(root: unknown): readonly string[] {
  return lookInto(root)
    .filter(({ value, again }) => !Object.isFrozen(value) && again() === value)
    .map(({ path }) => path)
}
