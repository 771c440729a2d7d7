// Planted faults in what stops statements, each of which must show: in the library, which is compiled here with the
// fault in its source, and in the watchdog, whose built file is patched as it is loaded.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Patch } from '../../../../test/mutants/mutant-hook.ts'
import { InterruptLibrary } from '../../dist/interrupt/interrupt-library.js'
import { answerOfGuarded } from '../support/guarded-program.ts'
import { refusedTokens } from '../support/refused-tokens.ts'
import { tempFolder } from '../support/temp-folder.ts'

const SOURCE = fileURLToPath(new URL('../../interrupt/upkeep-interrupt.c', import.meta.url))
const HEADERS = join(dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json')), 'deps', 'sqlite3')
const compiler = ['cc', 'clang-19', 'clang', 'gcc'].find((name) => spawnSync(name, ['--version']).status === 0)

/** Compiles the library with `find` in its source replaced, and answers how many tokens it takes that it must not. */
function wrongTokens(find: string, replace: string): number {
  const source = readFileSync(SOURCE, 'utf8')
  expect(source.split(find).length - 1).toBe(1)
  const { path } = tempFolder()
  writeFileSync(path('mutant.c'), source.replace(find, replace))
  const built = spawnSync(
    compiler ?? 'cc',
    ['-shared', '-fPIC', '-Os', `-I${HEADERS}`, path('mutant.c'), '-o', path('mutant.so')],
    { encoding: 'utf8' },
  )
  expect(built.stderr).toBe('')
  const library = new InterruptLibrary(Database, path('mutant.so'))
  const [db, closed, next] = [new Database(':memory:'), new Database(':memory:'), new Database(':memory:')]
  const [token, stale] = [library.register(db), library.register(closed)]
  closed.close()
  library.register(next)
  const control = library.openControl()
  onTestFinished(() => {
    for (const open of [control, db, next]) open.close()
  })
  expect(control.interrupt(token)).toBe(true)
  return refusedTokens(token, stale).filter((refused) => control.interrupt(refused as string)).length
}

describe.runIf(compiler !== undefined && process.platform === 'linux')('the library', () => {
  it('takes no wrong token', () => {
    expect(wrongTokens('#define SLOT_DIGITS 4', '#define SLOT_DIGITS 4')).toBe(0)
  })

  it.each([
    ['the nonce is not compared', '&& slots[index].nonce == nonce;', ';'],
    ['the nonce is not random', 'sqlite3_randomness(sizeof nonce, &nonce);', 'nonce = 0;'],
    [
      'a token may be longer',
      'sqlite3_value_bytes(values[0]) == TOKEN_LENGTH',
      'sqlite3_value_bytes(values[0]) >= TOKEN_LENGTH',
    ],
    [
      'a token may be a blob',
      'sqlite3_value_type(values[0]) == SQLITE_TEXT',
      'sqlite3_value_type(values[0]) >= SQLITE_TEXT',
    ],
  ])('%s: noticed', (_fault, find, replace) => {
    expect(wrongTokens(find, replace)).toBeGreaterThan(0)
  })
})

describe('the watchdog', () => {
  /** A statement of its own length, so that one that nobody stops ends too. */
  const LONG = `
    const db = open()
    const rows = 'WITH RECURSIVE c (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c LIMIT 1000000) SELECT max(x) FROM c'
    const statement = db.prepare(rows)
    // The thread is there when it has stopped something.
    db.guard.arm(1)
    codeOf(() => endless(db).all([]))
    db.guard.disarm()`
  const LOST_FIRST = `${LONG}
    db.guard.arm(1)
    sleep(500)
    answer(codeOf(() => statement.all([])))`
  const AFTERWARDS = `${LONG}
    db.guard.arm(20)
    db.guard.disarm()
    answer(codeOf(() => statement.all([])))`

  it.each([
    {
      fault: 'an interrupt is fired once only',
      program: LOST_FIRST,
      outcomes: ['SQLITE_INTERRUPT', 'done'],
      find: 'if (!wasArmed && ',
      replace: 'if (!wasArmed) return; if (!wasArmed && ',
    },
    {
      fault: 'disarm leaves it armed',
      program: AFTERWARDS,
      outcomes: ['done', 'SQLITE_INTERRUPT'],
      find: 'Atomics.compareExchange(this.#words, this.#state, armed, this.#idle) !== armed',
      replace: 'Atomics.load(this.#words, this.#state) !== armed',
    },
    {
      fault: 'a new limit is not counted from its own beginning',
      program: `${LONG}
        db.guard.arm(1_000_000)
        sleep(500)
        db.guard.disarm()
        const startedMs = performance.now()
        db.guard.arm(200)
        codeOf(() => endless(db).all([]))
        answer(performance.now() - startedMs >= 200)`,
      outcomes: [true, false],
      find: 'this.#idle = (this.#idle + STATE_BITS + 1) | 0;',
      replace: ';',
    },
  ])('$fault: noticed', { timeout: 120_000 }, async ({ program, outcomes, find, replace }) => {
    const path = fileURLToPath(new URL('../../dist/interrupt/guard-words.js', import.meta.url))
    const hook = new URL('../../../../test/mutants/mutant-hook.ts', import.meta.url).href
    const patch: Patch = { path, find, replace }
    const env = { NODE_OPTIONS: `--import=${hook}`, UPKEEP_MUTANT: JSON.stringify(patch) }
    expect([await answerOfGuarded(program), await answerOfGuarded(program, env)]).toEqual(outcomes)
  })
})
