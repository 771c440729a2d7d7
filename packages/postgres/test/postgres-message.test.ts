// What the server says, without values: by the class of its code, in any language.
import { expect, it } from 'vitest'
import { withoutValues } from '../dist/postgres-message.js'

const CASES: readonly (readonly [code: string, said: string, shown: string])[] = [
  [
    '23505',
    'duplicate key value violates unique constraint "t_pkey"',
    'duplicate key value violates unique constraint "t_pkey"',
  ],
  ['42P01', 'relation "secret" does not exist', 'relation "secret" does not exist'],
  ['42601', 'syntax error at or near "frm"', 'syntax error at or near "frm"'],
  ['42601', `syntax error at or near "'hunter2'"`, 'syntax error at or near "…"'],
  ['42601', 'syntax error at or near "12345"', 'syntax error at or near "…"'],
  ['42601', 'Syntaxfehler bei »hunter2 oder so«', 'Syntaxfehler bei "…"'],
  ['22P02', 'invalid input syntax for type integer: "hunter2"', 'invalid input syntax for type integer: …'],
  ['22003', 'value "99999999999" is out of range for type integer', 'value: …'],
  ['22003', 'integer out of range', 'integer out of range'],
  ['28P01', 'password authentication failed for user "me"', 'password authentication failed for user: …'],
  ['XX000', 'cache lookup failed: hunter2', 'cache lookup failed: …'],
]

for (const [code, said, shown] of CASES) it(`${code}: ${said}`, () => expect(withoutValues(said, code)).toBe(shown))
