/** Tells a listener of the application how far something is. What it does with that is its own business. */
import type { StoreLog } from '../contract/log.ts'
import { errorLabel } from '../errors/error-label.ts'

/** Never throws, and leaves no rejection that nobody handles: what the listener throws is logged. */
export function tellProgress<T>(listener: ((progress: T) => unknown) | undefined, progress: T, logger: StoreLog): void {
  const warn = (error: unknown): void => logger.warn('onProgress threw', { error: errorLabel(error) })
  try {
    const answer = listener?.(progress)
    if (answer instanceof Promise) answer.catch(warn)
  } catch (error) {
    warn(error)
  }
}
