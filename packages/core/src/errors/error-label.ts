/** What may be logged of an error: a word. Its message may hold anything, a bound value or a credential included. */
import { isStoreError } from './store-error.ts'

/** What a class can be called; a `name` that was put together at run time is none. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,63}$/

/** The code of a {@link StoreError}, the class of any other error, the type of anything else. Never throws. */
export function errorLabel(error: unknown): string {
  try {
    if (isStoreError(error)) return error.code
    if (!(error instanceof Error)) return typeof error
    const { name } = error
    return CLASS_NAME.test(name) ? name : 'Error'
  } catch {
    return typeof error
  }
}
