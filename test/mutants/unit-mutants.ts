// Faults that are planted where no run of the suite in this process loads them: in the worker of SQLite WASM, in what only a
// browser has. Tests that vitest runs must notice them.

/** A planted fault, as a `Mutant`, and the test that must notice it. */
export interface UnitMutant {
  readonly fault: string
  /** Built file, from the folder of the packages. */
  readonly file: string
  /** Must be in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** A file of tests, from the workspace, and a part of the name of the test in it that must fail. */
  readonly noticedBy: readonly [file: string, test: string]
}

const RUN = 'test/runs/sqlite-wasm-node.test.ts'
const CHANGES = 'sqlite-wasm/dist/table-changes.js'
const STORE = 'packages/sqlite-wasm/test/versioned-store.test.ts'
const GATE = 'packages/sqlite-wasm/test/version-gate.test.ts'

export const UNIT_MUTANTS: readonly UnitMutant[] = [
  {
    fault: 'a migration is run under an older tab: nobody waits to be alone',
    file: 'core/dist/migrate/migration-runner.js',
    find: 'await run.alone();',
    replace: '',
    noticedBy: [STORE, 'what is pending waits for a tab that has the database open'],
  },
  {
    fault: 'a migration is run under an older tab: both have the lock',
    file: 'sqlite-wasm/dist/version-gate.js',
    find: "{ mode: 'exclusive'",
    replace: "{ mode: 'shared'",
    noticedBy: [GATE, 'one waits for the others, which are told, until they leave'],
  },
  {
    fault: 'who waits for the lock of the migrators is in the way of who has it',
    file: 'sqlite-wasm/dist/versioned-engine.js',
    find: 'gate.stepAside();',
    replace: '',
    noticedBy: [GATE, 'of many that migrate each is alone in its turn'],
  },
  {
    fault: 'a change is told before it is committed',
    file: CHANGES,
    find: ' || this.#sqlite3.wasm.exports.sqlite3_get_autocommit(this.#db) === 0',
    replace: '',
    noticedBy: [RUN, 'is told of a transaction once, when it has committed'],
  },
  {
    fault: 'a change is told though it was rolled back',
    file: CHANGES,
    find: '() => this.#changed.clear()',
    replace: '() => undefined',
    noticedBy: [RUN, 'of a transaction that was rolled back'],
  },
  {
    fault: 'a write is told whether it has changed rows or not',
    file: CHANGES,
    find: 'this.#changeCount() !== countBefore',
    replace: 'true',
    noticedBy: [RUN, 'of a write that changed no row'],
  },
  {
    fault: 'what a statement writes to is known as of its first compilation',
    file: CHANGES,
    find: 'this.#compiled = tables;',
    replace: '',
    noticedBy: [RUN, 'prepared before a trigger was made'],
  },
]
