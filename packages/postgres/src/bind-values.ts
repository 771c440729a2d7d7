/**
 * JavaScript values → what goes to the server: text, or bytes. Everything is checked before anything is sent.
 *
 * No type is named: the server takes a parameter for what it stands beside, as it does with a literal. A bare parameter
 * in a select list is text therefore; `cast(… as …)` says otherwise.
 */
import { invalidArgument } from '@upkeep/core'
import {
  assertBigintParameter,
  assertTextParameter,
  objectParameter,
  refuseOddParameter,
  refuseParameter,
} from '@upkeep/core/backend'

/** What the protocol can count. Source: https://www.postgresql.org/docs/current/limits.html */
const MAX_PARAMETERS = 65_535

/** What a message of the protocol holds for a parameter. */
export type BoundValue = string | Buffer | null

/** The bound form of all parameters. @throws INVALID_ARGUMENT, naming the position and never the value */
export function bindParameters(parameters: readonly unknown[]): BoundValue[] {
  if (parameters.length > MAX_PARAMETERS) {
    throw invalidArgument(`a statement takes at most ${MAX_PARAMETERS} parameters; write fewer rows at a time`, 'query')
  }
  const bound = new Array<BoundValue>(parameters.length)
  for (let index = 0; index < parameters.length; index++) bound[index] = bindValue(parameters[index], index)
  return bound
}

function bindValue(value: unknown, index: number): BoundValue {
  switch (typeof value) {
    case 'string':
      assertTextParameter(value, index)
      // Source: https://www.postgresql.org/docs/current/datatype-character.html
      if (value.includes('\0')) throw refuseParameter(index, 'is a string with a NUL character, which Postgres has not')
      return value
    case 'number':
      if (Number.isNaN(value)) throw refuseParameter(index, 'is NaN')
      return String(value)
    case 'bigint':
      assertBigintParameter(value, index)
      return value.toString()
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? null : bindObject(value, index)
    default:
      throw refuseOddParameter(value, index)
  }
}

function bindObject(value: object, index: number): BoundValue {
  const bound = objectParameter(value, index)
  return typeof bound === 'string' ? bound : Buffer.from(bound.buffer, bound.byteOffset, bound.byteLength)
}
