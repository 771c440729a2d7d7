// What became of a call, as data: tests compare codes, never messages.
import { isStoreError, type StoreError } from '@upkeep/core'

/** The StoreError that `work` throws or rejects with. Fails the test for anything else. */
export async function failureOf(work: () => unknown): Promise<StoreError> {
  try {
    await work()
  } catch (error) {
    if (isStoreError(error)) return error
    throw new Error(`not a StoreError: ${error}`, { cause: error })
  }
  throw new Error('it did not fail')
}

/** Its code alone. */
export async function codeOf(work: () => unknown): Promise<string> {
  return (await failureOf(work)).code
}

/** Follows a promise without awaiting it; its rejection is then no unhandled one. */
export function track<T>(promise: Promise<T>): { readonly promise: Promise<T>; readonly settled: boolean } {
  let settled = false
  const settle = (): void => {
    settled = true
  }
  promise.then(settle, settle)
  return {
    promise,
    get settled() {
      return settled
    },
  }
}

/** Lets what is ready run: some turns of the event loop, no waiting. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => void setTimeout(resolve, 0))
}
