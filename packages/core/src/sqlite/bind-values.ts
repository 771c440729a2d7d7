/**
 * JavaScript values → what SQLite can bind. Everything is checked before anything runs.
 *
 * Safe integers become bigints: drivers bind a plain number as REAL, and `5 / 2` would be 2.5 here and 2 elsewhere.
 */
import {
  assertBigintParameter,
  assertTextParameter,
  objectParameter,
  refuseOddParameter,
  refuseParameter,
} from '../values/check-parameter.ts'

/** The bound form of all parameters. @throws INVALID_ARGUMENT, naming the position and never the value */
export function bindParameters(parameters: readonly unknown[]): unknown[] {
  const bound = new Array<unknown>(parameters.length)
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index]
    bound[index] = bindValue(value, index)
  }
  return bound
}

function bindValue(value: unknown, index: number): unknown {
  switch (typeof value) {
    case 'string':
      assertTextParameter(value, index)
      return value
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (Number.isNaN(value)) throw refuseParameter(index, 'is NaN')
      return value
    case 'bigint':
      assertBigintParameter(value, index)
      return value
    case 'boolean':
      return value ? 1n : 0n
    case 'object':
      return value === null ? null : objectParameter(value, index)
    default:
      throw refuseOddParameter(value, index)
  }
}
