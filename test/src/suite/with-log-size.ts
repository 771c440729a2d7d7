/** A store that tells another size of its log than it has: a log of any size, without writing one. */
import type { Store } from '@upkeep/core'

/** The same store, whose log is as large as the test says. */
export function withLogSize<DB>(store: Store<DB>, walSizeBytes: () => number): Store<DB> {
  return new Proxy(store, {
    get(target, key) {
      if (key === 'stats') return () => ({ engine: { walSizeBytes: walSizeBytes() } })
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
