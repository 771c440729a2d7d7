// Faults of workers: what is stopped, and what is said of it.
import { type Mutant, SQLITE } from './mutant.ts'

export const WORKER_MUTANTS: readonly Mutant[] = [
  {
    fault: 'a worker reports OK after an interrupt',
    file: `${SQLITE}/executors/remote-connection.js`,
    find: "throw signal?.aborted === true && this.#wasStopped(error) ? abortError(signal, 'query') : error;",
    replace: 'if (this.#wasStopped(error)) return { tookMs: 0, inTransaction: false }; throw error;',
    noticedBy: ['longStatements', 'an endless common table expression'],
  },
  {
    fault: 'an interrupt is fired once only',
    file: `${SQLITE}/executors/repeat-stop.js`,
    find: 'timer = systemClock.setTimer(stop, EVERY_MS);',
    replace: ';',
    noticedBy: ['longStatements', 'an abort that comes before the worker has begun'],
  },
  {
    fault: 'an abort only stops waiting',
    file: `${SQLITE}/executors/remote-connection.js`,
    find: `endStop = repeatStop(this.#executor, call.id);
            });
        try {
            return await call.answer;`,
    replace: `call.stopWaiting?.();
            });
        try {
            return await Promise.race([call.answer, new Promise((_, reject) => {
              call.stopWaiting = () => reject(abortError(signal, 'query'));
            })]);`,
    noticedBy: ['longStatements', 'an endless insert'],
  },
  {
    fault: 'an abort only stops waiting, and the process goes on reading',
    file: 'sqlite-native/dist/workers/process-executor.js',
    find: 'stop() {',
    replace: 'stop() { return;',
    run: 'sqlite-native/process',
    noticedBy: ['longStatements', 'a cross join'],
  },
  {
    fault: 'a statement over its budget stays where it is',
    file: `${SQLITE}/executors/long-statements.js`,
    find: 'this.#budgetMs = workers === undefined ? undefined : budgetMs;',
    replace: ';',
    noticedBy: ['longStatements', 'one that was long goes to a worker'],
  },
  {
    fault: 'a read-only transaction on a worker writes',
    file: `${SQLITE}/sqlite-transaction.js`,
    find: '!lease.isReader && !set.options.readOnly',
    replace: 'false',
    noticedBy: ['workerTransactions', 'read only: one snapshot'],
  },
  {
    fault: 'a stream that is left early keeps its worker',
    file: `${SQLITE}/executors/worker-statements.js`,
    find: 'forget();\n                    this.pool.giveBack(connection);',
    replace: 'forget();',
    noticedBy: ['longStatements', 'one that is left early'],
  },
]
