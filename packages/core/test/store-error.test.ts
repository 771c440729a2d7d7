// StoreError: what it carries, and that it survives the ways on which errors lose things: structured clone, another
// copy of this package. Which engine error becomes which code is tested with each engine.
import { spawnSync } from 'node:child_process'
import {
  deserializeStoreError,
  invalidArgument,
  isRetryableCode,
  isStoreError,
  STORE_ERROR_CODES,
  StoreError,
  serializeStoreError,
} from '@upkeep/core'
import { describe, expect, it } from 'vitest'

const constraint = (): StoreError =>
  new StoreError('CONSTRAINT', 'UNIQUE constraint failed: person.name', {
    operation: 'query',
    nativeCode: 'SQLITE_CONSTRAINT_UNIQUE',
    kind: 'unique',
    cause: new Error('hunter2'),
  })

describe('StoreError', () => {
  it('is an Error with everything it was given', () => {
    const error = constraint()
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'StoreError',
      code: 'CONSTRAINT',
      operation: 'query',
      nativeCode: 'SQLITE_CONSTRAINT_UNIQUE',
      kind: 'unique',
      report: undefined,
    })
    expect((error.cause as Error).message).toBe('hunter2')
    expect(String(error)).toBe('StoreError: UNIQUE constraint failed: person.name')
  })

  it('has no cause where there is none', () => {
    expect('cause' in new StoreError('BUSY', 'x')).toBe(false)
    expect('cause' in new StoreError('BUSY', 'x', { cause: undefined })).toBe(false)
    expect(new StoreError('ABORTED', 'x', { cause: null }).cause).toBe(null)
  })

  it('is worth a retry for BUSY and SERIALIZATION only', () => {
    const retryable = STORE_ERROR_CODES.filter((code) => new StoreError(code, '').retryable)
    expect(retryable).toEqual(['BUSY', 'SERIALIZATION'])
    expect(STORE_ERROR_CODES.filter(isRetryableCode)).toEqual(retryable)
  })

  it('has codes that are closed and each there once', () => {
    expect(new Set(STORE_ERROR_CODES).size).toBe(STORE_ERROR_CODES.length)
    expect(STORE_ERROR_CODES).toContain('UNKNOWN')
  })

  it('does not show its brand to those who print or copy it', () => {
    expect(Object.keys(constraint()).sort()).toEqual([
      'code',
      'kind',
      'name',
      'nativeCode',
      'operation',
      'report',
      'retryable',
    ])
    expect(Object.getOwnPropertySymbols({ ...constraint() })).toEqual([])
  })

  it('invalidArgument is one of them', () => {
    expect(invalidArgument('x', 'open')).toMatchObject({
      code: 'INVALID_ARGUMENT',
      operation: 'open',
      retryable: false,
    })
  })
})

describe('isStoreError', () => {
  it('says no to what is none', () => {
    const impostor = Object.assign(new Error('x'), { name: 'StoreError', code: 'BUSY' })
    for (const value of [impostor, new Error('x'), { code: 'BUSY' }, 'BUSY', 5, null, undefined, () => undefined]) {
      expect(isStoreError(value)).toBe(false)
    }
  })

  it('recognises one of another copy of this package, in both directions', async () => {
    // A query makes Node load the module a second time: same code, another class.
    const copy = (await import(new URL('../dist/errors/store-error.js?copy', import.meta.url).href)) as {
      StoreError: typeof StoreError
      isStoreError: typeof isStoreError
    }
    expect(copy.StoreError).not.toBe(StoreError)
    const foreign = new copy.StoreError('BUSY', 'x')
    expect(foreign).not.toBeInstanceOf(StoreError)
    expect(isStoreError(foreign)).toBe(true)
    expect(copy.isStoreError(constraint())).toBe(true)
  })
})

describe('across a boundary', () => {
  it('structured clone alone would lose the code', () => {
    expect(isStoreError(structuredClone(constraint()))).toBe(false)
  })

  it.each([
    ['structured clone', <T>(value: T): T => structuredClone(value)],
    ['JSON', <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T],
  ])('keeps code, nativeCode, kind and operation through %s, and leaves the cause behind', (_how, send) => {
    const sent = send(serializeStoreError(constraint()))
    expect(JSON.stringify(sent)).not.toContain('hunter2')
    const error = deserializeStoreError(sent)
    expect(error).toBeInstanceOf(StoreError)
    expect(isStoreError(error)).toBe(true)
    expect(error.cause).toBeUndefined()
    const { name, message, code, nativeCode, kind, operation, retryable } = constraint()
    expect(error).toMatchObject({ name, message, code, nativeCode, kind, operation, retryable })
  })

  it('decides anew whether it is worth a retry', () => {
    expect(deserializeStoreError(serializeStoreError(new StoreError('BUSY', 'x'))).retryable).toBe(true)
    expect(deserializeStoreError({ code: 'FULL', message: 'x', retryable: true } as never).retryable).toBe(false)
  })

  it('a code from a newer version is UNKNOWN', () => {
    for (const code of ['QUOTA', 'toString', '', undefined]) {
      expect(deserializeStoreError({ code, message: 'x' } as never).code).toBe('UNKNOWN')
    }
  })

  it('arrives from a real process', () => {
    const script = `
      import { serializeStoreError, StoreError } from '@upkeep/core'
      console.log(JSON.stringify(serializeStoreError(new StoreError('CORRUPT', 'x', { nativeCode: 'SQLITE_NOTADB' }))))`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('..', import.meta.url),
      encoding: 'utf8',
    })
    const error = deserializeStoreError(JSON.parse(child.stdout))
    expect(error).toMatchObject({ code: 'CORRUPT', nativeCode: 'SQLITE_NOTADB', kind: undefined })
  })
})
