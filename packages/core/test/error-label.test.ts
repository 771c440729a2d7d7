// What may be logged of an error: a word, whatever was thrown.
import { errorLabel, StoreError } from '@upkeep/core'
import { expect, it } from 'vitest'

class QuotaExceeded extends Error {
  override readonly name = 'QuotaExceeded'
}

const named = (name: unknown): Error => Object.defineProperty(new Error('hunter2'), 'name', { value: name })
const hostile = Object.defineProperty(new Error('x'), 'name', {
  get() {
    throw new Error('hunter2')
  },
})

it.each<[unknown, string]>([
  [new StoreError('BUSY', 'hunter2'), 'BUSY'],
  [new TypeError('hunter2'), 'TypeError'],
  [new QuotaExceeded('hunter2'), 'QuotaExceeded'],
  [named('no user hunter2'), 'Error'],
  [named({ toString: () => 'hunter2 hunter2' }), 'Error'],
  [named(''), 'Error'],
  [hostile, 'object'],
  ['hunter2', 'string'],
  [{ name: 'hunter2', message: 'hunter2' }, 'object'],
  [null, 'object'],
  [undefined, 'undefined'],
])('%#', (error, label) => {
  expect(errorLabel(error)).toBe(label)
})
