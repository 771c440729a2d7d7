/**
 * The driver's client, as an application gets it: from the first time it is touched, nobody else has its connection
 * afterwards, since nobody knows what was done with it. Untouched, it costs nothing.
 */
import type { PgClient } from './pg-client.ts'

/** `client`, with every method and every property; `onTouch` is called when one is first asked for. */
export function lendClient(client: PgClient, onTouch: () => void): PgClient {
  return new Proxy(client, {
    get(target, name) {
      // A promise asks its value for this one.
      if (name === 'then') return undefined
      onTouch()
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set(target, name, value) {
      onTouch()
      return Reflect.set(target, name, value, target)
    },
  })
}
