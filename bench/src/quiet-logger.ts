/** What a store would say on the console is no part of what is measured. */
import type { StoreLogger } from '@upkeep/core'

export const quietLogger: StoreLogger = { warn: () => undefined, error: () => undefined }
