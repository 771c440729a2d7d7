/** What of a result should not be; it does not say why. */
import type { ProcessCounts } from './protocols.ts'

/** Those parts of a result that show it. */
export interface Judged {
  readonly wrong: readonly string[]
  readonly unhandled?: readonly string[]
  readonly warnings?: readonly string[]
  readonly before?: ProcessCounts
  readonly after?: ProcessCounts
}

/** One line for each; none where all is well. */
export function faultsOf({ wrong, unhandled = [], warnings = [], before, after }: Judged): string[] {
  const faults = [
    ...wrong.map((what) => `wrong: ${what}`),
    ...unhandled.map((what) => `nobody has caught: ${what}`),
    ...warnings.map((what) => `Node has warned: ${what}`),
  ]
  if (before === undefined || after === undefined) return faults
  for (const name of ['fileDescriptors', 'threads'] as const) {
    if (after[name] > before[name]) faults.push(`${name}: ${before[name]} before, ${after[name]} after`)
  }
  return faults
}
