// A logger that keeps what it is told.
import type { StoreLog } from '@upkeep/core'

export function quietLogger(): StoreLog & { readonly messages: string[] } {
  const messages: string[] = []
  return { messages, warn: (message) => void messages.push(message), error: (message) => void messages.push(message) }
}
