// What SQLite says, without values. Each text here is one that SQLite 3.51 to 3.54 gives. Whether it still does is the
// suite's to find out.
import { describe, expect, it } from 'vitest'
import { withoutValues } from '../../dist/sqlite/sqlite-message.js'

describe('while a statement is compiled', () => {
  it.each([
    `near "'hunter2'": syntax error`,
    `near "'hunter2 with a " in it'": syntax error`,
    `near "x'68756e746572'": syntax error`,
    `near "12.5": syntax error`,
    `unrecognized token: "'hunter2"`,
    `unrecognized token: "'hunter2\nover two lines"`,
    `unrecognized token: "123hunter2"`,
  ])('%s: the literal goes', (said) => {
    expect(withoutValues(said, 'prepare')).not.toMatch(/hunter2|68756e|12\.5/)
    expect(withoutValues(said, 'prepare')).not.toBe(said)
  })

  it.each([
    'near "selekt": syntax error',
    'near ")": syntax error',
    'no such table: nowhere',
    'no such column: "nothing" - should this be a string literal in single-quotes?',
    'table t has 3 columns but 4 values were supplied',
    'cannot drop UNIQUE column: "b"',
    'incomplete input',
  ])('%s: stays', (said) => {
    expect(withoutValues(said, 'prepare')).toBe(said)
  })
})

describe('while it runs', () => {
  it.each([
    ["bad JSON path: 'hunter2'", 'bad JSON path: …'],
    ['no such column: hunter2', 'no such column: …'],
    ['fts5: syntax error near "hunter2"', 'fts5: syntax error near: …'],
    ['malformed MATCH expression: [(hunter2]', 'malformed MATCH expression: …'],
    ['unable to open database: /srv/hunter2/a.db', 'unable to open database: …'],
    ['database hunter2 is already in use', 'database … is already in use'],
    ['database hunter2 is locked', 'database … is locked'],
    ['cannot detach database hunter2', 'cannot detach database …'],
    ['no such database: hunter2', 'no such database: …'],
    [`parse error in "'hunter2' = 5"`, 'parse error in: …'],
    ['rtree constraint failed: r.(a<=b)', 'rtree constraint failed: …'],
  ])('%s → %s', (said, told) => {
    expect(withoutValues(said, 'execute')).toBe(told)
  })

  it.each([
    'database is locked',
    'database table is locked',
    'database table is locked: person',
    'database schema is locked: main',
    'database disk image is malformed',
    'database or disk is full',
    'attempt to write a readonly database',
    'datatype mismatch',
    'malformed JSON',
    'no such table: person',
    'no such savepoint: a',
    'foreign key mismatch - "child" referencing "parent"',
    'error in view v after drop column: no such column: "b"',
    'Cannot add a column with non-constant default',
    'json_set() needs an odd number of arguments',
  ])('%s: stays', (said) => {
    expect(withoutValues(said, 'execute')).toBe(said)
  })
})
