// What an error is on this side of a boundary: the reason of an abort and what the engine said are put back, and nothing
// else is changed.
import { StoreError } from '@upkeep/core'
import { expect, it } from 'vitest'
import { STOPPED, withReason } from '../../dist/remote/call-signals.js'

const mine = new Error('mine')
const aborted = new StoreError('ABORTED', 'query was aborted by its signal', { operation: 'query', cause: mine })
const late = new StoreError('TIMEOUT', 'query did not finish within 10 ms', { operation: 'query' })

it('the reason itself comes back as the very same error', () => {
  const { code, message } = aborted
  expect(withReason(new StoreError(code, message), aborted, undefined)).toBe(aborted)
})

it('a statement that was stopped tells why, whatever that was', () => {
  const stopped = new StoreError('ABORTED', STOPPED, { nativeCode: 'SQLITE_INTERRUPT' })
  expect(withReason(stopped, late, 'interrupted')).toBe(late)
})

it('what tells of it again has its code and its cause', () => {
  const lost = new StoreError('ABORTED', `the transaction is lost: ${STOPPED}`, { operation: 'query' })
  expect(withReason(lost, late, undefined)).toMatchObject({ code: 'TIMEOUT', message: lost.message })
  expect(withReason(lost, aborted, undefined)).toMatchObject({ code: 'ABORTED', cause: mine })
})

it('another failure stays, although the signal has aborted too', () => {
  const full = new StoreError('FULL', 'disk full', { nativeCode: 'SQLITE_FULL', operation: 'query' })
  expect(withReason(full, aborted, undefined)).toBe(full)
  expect(withReason(mine, aborted, undefined)).toBe(mine)
})

it('what the engine said is the cause, with its code', () => {
  const unique = new StoreError('CONSTRAINT', 'a trigger refused the change', {
    nativeCode: 'SQLITE_CONSTRAINT_TRIGGER',
    operation: 'query',
  })
  expect(withReason(unique, undefined, 'kept')).toMatchObject({
    code: 'CONSTRAINT',
    message: unique.message,
    nativeCode: unique.nativeCode,
    operation: 'query',
    cause: { message: 'kept', code: unique.nativeCode },
  })
})
