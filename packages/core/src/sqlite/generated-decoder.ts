/**
 * The loop of {@link decodeRows} as code of its own for one statement: the same result, at a tenth of the cost.
 *
 * Property names that are constants let the engine keep one place in memory for each, where a name in a variable is
 * looked up again for every value. Used where the driver itself compiles code for its rows, so that nothing new must be
 * allowed; elsewhere a content security policy would forbid it and say so on the console.
 */
import type { SqliteRow } from './port.ts'
import type { RowPlan } from './row-decoder.ts'

/** Decodes rows in place; false if an integer may have been rounded. */
export type DecodeRows = (rows: readonly SqliteRow[]) => boolean

/** Column names enter the code as JSON strings only, which are JavaScript strings. */
export function generateDecodeRows(plan: RowPlan): DecodeRows {
  const columns = plan.map(({ name, decode }, index) => {
    const property = `row[${JSON.stringify(name)}]`
    const check = `value = ${property}; if (typeof value === 'number' && (value > max || value < -max)) return false;`
    return decode === undefined ? check : `${check} if (value !== null) ${property} = decoders[${index}](value);`
  })
  const body = `return (rows) => { let value; for (const row of rows) { ${columns.join('\n')} } return true }`
  const decoders = plan.map(({ decode }) => decode)
  return new Function('decoders', 'max', body)(decoders, Number.MAX_SAFE_INTEGER) as DecodeRows
}
