// Faults of an engine on another thread, and of SQLite WASM.
import { CORE, type Mutant } from './mutant.ts'

const RUN = 'sqlite-wasm/node'

export const WASM_MUTANTS: readonly Mutant[] = [
  {
    fault: 'an abort only stops the waiting for it',
    file: 'sqlite-wasm/dist/flag-stopper.js',
    find: 'stop: (id) => flags.stop(id),',
    replace: 'stop: () => undefined,',
    run: RUN,
    noticedBy: ['cancellation', 'that would never end is stopped in the engine'],
  },
  {
    fault: 'the worker has a clock of its own',
    file: `${CORE}/remote/remote-clock.js`,
    find: "notes.send('fire', id);",
    replace: '',
    run: RUN,
    noticedBy: ['migrateStops', 'who waits gives up after ten minutes'],
  },
  {
    fault: 'what a session holds is not told',
    file: `${CORE}/remote/remote-session.js`,
    find: 'this.holds = state.holds;',
    replace: '',
    run: RUN,
    noticedBy: ['nestedUse', 'maintenance inside a transaction is NESTED_USE'],
  },
  {
    fault: 'what the engine said is lost on the way',
    file: `${CORE}/remote/engine-caller.js`,
    find: 'this.#said = said;',
    replace: '',
    run: RUN,
    noticedBy: ['errors', 'what the engine said is the cause'],
  },
  {
    fault: 'a commit is told to nobody on the other side',
    file: `${CORE}/remote/engine-host.js`,
    find: "this.#notes.send('commit', { tables })",
    replace: 'undefined',
    run: RUN,
    noticedBy: ['changeNotice', 'is told of a statement on its own'],
  },
]
