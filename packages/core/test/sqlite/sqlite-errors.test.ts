// Result codes → StoreError, and a checkpoint's result row. Whether SQLite really gives these codes is the suite's.
import { StoreError } from '@upkeep/core'
import { type SqlitePort, sqliteResultCodeName } from '@upkeep/core/sqlite'
import { describe, expect, it } from 'vitest'
import { checkpointRow } from '../../dist/sqlite/maintenance/checkpoint-row.js'
import { classifySqliteError, isBusy } from '../../dist/sqlite/sqlite-errors.js'

class DriverError extends Error {
  readonly resultCode: string
  constructor(resultCode: string, message = 'what the driver said') {
    super(message)
    this.resultCode = resultCode
  }
}

const port: SqlitePort = {
  open: () => {
    throw new Error('not here')
  },
  resultCode: (error) => (error instanceof DriverError ? error.resultCode : undefined),
}

describe('classifySqliteError', () => {
  it.each([
    ['SQLITE_BUSY', 'BUSY', undefined],
    ['SQLITE_BUSY_SNAPSHOT', 'BUSY', undefined],
    ['SQLITE_BUSY_RECOVERY', 'BUSY', undefined],
    ['SQLITE_LOCKED', 'BUSY', undefined],
    ['SQLITE_LOCKED_SHAREDCACHE', 'BUSY', undefined],
    ['SQLITE_PROTOCOL', 'BUSY', undefined],
    ['SQLITE_CONSTRAINT', 'CONSTRAINT', undefined],
    ['SQLITE_CONSTRAINT_UNIQUE', 'CONSTRAINT', 'unique'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 'CONSTRAINT', 'unique'],
    ['SQLITE_CONSTRAINT_ROWID', 'CONSTRAINT', 'unique'],
    ['SQLITE_CONSTRAINT_FOREIGNKEY', 'CONSTRAINT', 'foreign_key'],
    ['SQLITE_CONSTRAINT_NOTNULL', 'CONSTRAINT', 'not_null'],
    ['SQLITE_CONSTRAINT_CHECK', 'CONSTRAINT', 'check'],
    ['SQLITE_CONSTRAINT_DATATYPE', 'CONSTRAINT', 'check'],
    ['SQLITE_CORRUPT', 'CORRUPT', undefined],
    ['SQLITE_CORRUPT_INDEX', 'CORRUPT', undefined],
    ['SQLITE_NOTADB', 'CORRUPT', undefined],
    ['SQLITE_FULL', 'FULL', undefined],
    ['SQLITE_READONLY', 'READONLY', undefined],
    ['SQLITE_READONLY_DIRECTORY', 'READONLY', undefined],
    ['SQLITE_PERM', 'PERMISSION', undefined],
    ['SQLITE_AUTH', 'PERMISSION', undefined],
    ['SQLITE_CANTOPEN', 'CONNECTION', undefined],
    ['SQLITE_CANTOPEN_ISDIR', 'CONNECTION', undefined],
    ['SQLITE_IOERR', 'CONNECTION', undefined],
    ['SQLITE_IOERR_WRITE', 'CONNECTION', undefined],
    ['SQLITE_INTERRUPT', 'ABORTED', undefined],
    ['SQLITE_TOOBIG', 'INVALID_ARGUMENT', undefined],
    ['SQLITE_RANGE', 'INVALID_ARGUMENT', undefined],
    ['SQLITE_MISMATCH', 'INVALID_ARGUMENT', undefined],
    ['SQLITE_ERROR', 'UNKNOWN', undefined],
    ['SQLITE_NOMEM', 'UNKNOWN', undefined],
    ['SQLITE_CODE_100', 'UNKNOWN', undefined],
  ])('%s is %s', (nativeCode, code, kind) => {
    const cause = new DriverError(nativeCode)
    const error = classifySqliteError(port, cause, 'query')
    expect(error).toMatchObject({ code, kind, nativeCode, operation: 'query', message: 'what the driver said' })
    expect(error.cause).toBe(cause)
  })

  it('SQLITE_ERROR is SYNTAX while the statement is compiled, and only then', () => {
    expect(classifySqliteError(port, new DriverError('SQLITE_ERROR'), 'query', 'prepare').code).toBe('SYNTAX')
    expect(classifySqliteError(port, new DriverError('SQLITE_BUSY'), 'query', 'prepare').code).toBe('BUSY')
    expect(classifySqliteError(port, new DriverError('SQLITE_ERROR'), 'query', 'execute').code).toBe('UNKNOWN')
  })

  it('what is classified already stays the very same', () => {
    const error = new StoreError('FULL', 'x', { operation: 'commit' })
    expect(classifySqliteError(port, error, 'query')).toBe(error)
  })

  it("a driver's refusal of wrong use is the caller's; anything else without a code is unknown", () => {
    const codes = [new TypeError('x'), new RangeError('x'), new Error('x'), 'text', null, undefined].map(
      (thrown) => classifySqliteError(port, thrown, 'query').code,
    )
    expect(codes).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'])
  })

  it('what a trigger says may be any value: it is the cause, and not in the message', () => {
    const cause = new DriverError('SQLITE_CONSTRAINT_TRIGGER', 'hunter2')
    const error = classifySqliteError(port, cause, 'query')
    expect(error).toMatchObject({ code: 'CONSTRAINT', kind: undefined, nativeCode: 'SQLITE_CONSTRAINT_TRIGGER' })
    expect(error.cause).toBe(cause)
    expect(`${error.message} ${error.stack}`).not.toContain('hunter2')
  })

  it('what a function of the application throws is the cause, and not in the message', () => {
    const cause = new TypeError('hunter2')
    const error = classifySqliteError(port, cause, 'query')
    expect(error.cause).toBe(cause)
    expect(`${error.message} ${error.stack}`).not.toContain('hunter2')
    expect(classifySqliteError(port, Object.assign(new Error('x'), { code: 'EACCES' }), 'open').message).toContain(
      'EACCES',
    )
  })

  it('where SQLite repeats a value there is no cause: it would be printed with the error', () => {
    const error = classifySqliteError(port, new DriverError('SQLITE_ERROR', "bad JSON path: 'hunter2'"), 'query')
    expect(error).toMatchObject({ code: 'UNKNOWN', nativeCode: 'SQLITE_ERROR' })
    expect(error.cause).toBeUndefined()
    expect(`${error.message} ${error.stack}`).not.toContain('hunter2')
  })

  it('the names of a constraint are told', () => {
    const said = 'UNIQUE constraint failed: person.name'
    const error = classifySqliteError(port, new DriverError('SQLITE_CONSTRAINT_UNIQUE', said), 'query')
    expect(error.message).toBe(said)
  })

  it('trying again is for the locks of others only: a deadlock of our own would never end', () => {
    const busy = ['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY', 'SQLITE_PROTOCOL']
    const not = ['SQLITE_LOCKED', 'SQLITE_FULL', 'SQLITE_IOERR_LOCK', 'SQLITE_ERROR']
    expect(busy.filter((code) => isBusy(port, new DriverError(code)))).toEqual(busy)
    expect(not.filter((code) => isBusy(port, new DriverError(code)))).toEqual([])
    expect(isBusy(port, new StoreError('BUSY', 'x'))).toBe(false)
  })
})

describe('sqliteResultCodeName', () => {
  it.each([
    [0, 'SQLITE_OK'],
    [1, 'SQLITE_ERROR'],
    [5, 'SQLITE_BUSY'],
    [6, 'SQLITE_LOCKED'],
    [8, 'SQLITE_READONLY'],
    [10, 'SQLITE_IOERR'],
    [11, 'SQLITE_CORRUPT'],
    [13, 'SQLITE_FULL'],
    [14, 'SQLITE_CANTOPEN'],
    [19, 'SQLITE_CONSTRAINT'],
    [23, 'SQLITE_AUTH'],
    [25, 'SQLITE_RANGE'],
    [26, 'SQLITE_NOTADB'],
    [261, 'SQLITE_BUSY_RECOVERY'],
    [517, 'SQLITE_BUSY_SNAPSHOT'],
    [773, 'SQLITE_BUSY_TIMEOUT'],
    [275, 'SQLITE_CONSTRAINT_CHECK'],
    [787, 'SQLITE_CONSTRAINT_FOREIGNKEY'],
    [1299, 'SQLITE_CONSTRAINT_NOTNULL'],
    [1811, 'SQLITE_CONSTRAINT_TRIGGER'],
    [1555, 'SQLITE_CONSTRAINT_PRIMARYKEY'],
    [2067, 'SQLITE_CONSTRAINT_UNIQUE'],
    [2579, 'SQLITE_CONSTRAINT_ROWID'],
    [3091, 'SQLITE_CONSTRAINT_DATATYPE'],
    // One that is not in the table still says its primary code.
    [2323, 'SQLITE_CONSTRAINT'],
    [778, 'SQLITE_IOERR'],
    [100, 'SQLITE_CODE_100'],
    [-1, 'SQLITE_CODE_-1'],
  ])('%d is %s', (code, name) => {
    expect(sqliteResultCodeName(code)).toBe(name)
  })
})

describe('checkpointRow', () => {
  it.each([
    [
      { busy: 0, log: 10, checkpointed: 10 },
      { busy: false, logFrames: 10, copiedFrames: 10 },
    ],
    [
      { busy: 1, log: 10, checkpointed: 4 },
      { busy: true, logFrames: 10, copiedFrames: 4 },
    ],
    [
      { busy: 0n, log: -1n, checkpointed: -1n },
      { busy: false, logFrames: -1, copiedFrames: -1 },
    ],
  ])('%o', (row, judged) => {
    expect(checkpointRow(row)).toEqual(judged)
  })

  it('no row, or another one, is no success', () => {
    expect(checkpointRow(undefined).busy).toBe(true)
    expect(checkpointRow({}).busy).toBe(true)
  })
})
