// Faults of the store over any engine: its life, its transactions, its Kysely.
import { CORE, type Mutant } from './mutant.ts'

export const STORE_MUTANTS: readonly Mutant[] = [
  {
    fault: 'close does not drain',
    file: `${CORE}/store/close-store.js`,
    find: '(await lifecycle.drain(ctx.drainMs, hurry))',
    replace: '0',
    noticedBy: ['drain', 'past drainMs what is running is aborted'],
  },
  {
    fault: 'a capability that is false does not throw',
    file: `${CORE}/store/store-runner.js`,
    find: '&& !this.#stopsStatements',
    replace: '&& false',
    run: 'sqlite-native/memory',
    noticedBy: ['cancellation', "'cancel query' is UNSUPPORTED"],
  },
  {
    fault: 'a nested block that failed is kept',
    file: `${CORE}/store/store-transaction.js`,
    find: 'await session.rollbackToSavepoint(name);',
    replace: '',
    noticedBy: ['nested', 'an error undoes the nested block only'],
  },
  {
    fault: 'an abort is told after the commit',
    file: `${CORE}/store/lease-end.js`,
    find: 'if (this.#isPast ||',
    replace: 'if (',
    // On a file such a transaction is a worker's, which knows by itself that it commits.
    run: 'sqlite-native/memory',
    noticedBy: ['doomed', 'around COMMIT, what is told'],
  },
  {
    fault: 'work is retried without being asked',
    file: `${CORE}/store/run-transaction.js`,
    find: '{ attempts: 1, backoffMs: 10,',
    replace: '{ attempts: 2, backoffMs: 10,',
    noticedBy: ['retry', 'without it the work runs once'],
  },
  {
    fault: 'withDeadline waits for its work',
    file: `${CORE}/abort/with-deadline.js`,
    find: 'return await raceAbort(begin(work, deadline.signal), deadline.signal, OPERATION);',
    replace: 'return await begin(work, new AbortController().signal);',
    noticedBy: ['deadline', 'withDeadline beside a held lock'],
  },
  {
    fault: 'a store whose onOpen failed stays open',
    file: `${CORE}/open/prepare-store.js`,
    find: 'await store.close(',
    replace: 'await (async () => undefined)(',
    noticedBy: ['opening', 'an onOpen that fails'],
  },
]
