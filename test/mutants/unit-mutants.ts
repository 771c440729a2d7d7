// Faults of parts that no store of the suite has in Node, which a test of their own must notice.

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
]
