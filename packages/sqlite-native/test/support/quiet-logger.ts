// A logger that keeps what it is told, fields included.
import type { StoreLog } from '@upkeep/core'

export function quietLogger(): StoreLog & { readonly messages: string[] } {
  const messages: string[] = []
  const keep = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    messages.push(fields === undefined ? message : `${message} ${JSON.stringify(fields)}`)
  }
  return { messages, warn: keep, error: keep }
}
