// Faults of what an operator looks at: health, metrics, slow queries, the log.
import { CORE, type Mutant, SQLITE } from './mutant.ts'

export const OPERATION_MUTANTS: readonly Mutant[] = [
  {
    fault: 'a named timeout does not count the waiting',
    file: `${CORE}/store/engine-store.js`,
    find: "includesWaiting: timeout !== 'default'",
    replace: 'includesWaiting: false',
    noticedBy: ['timeouts', 'counts from the call on: a statement that waits'],
  },
  {
    fault: 'the timer of a statement that has ended stays',
    file: `${CORE}/store/statement-scope.js`,
    find: 'this.#joined?.[Symbol.dispose]();',
    replace: '',
    noticedBy: ['timeouts', 'what is in time is not touched'],
  },
  {
    fault: 'a second look at the health of a store',
    file: `${CORE}/store/health-monitor.js`,
    find: 'this.#looking ??= this.#look()',
    replace: 'this.#looking = this.#look()',
    noticedBy: ['health', '1000 who ask at once'],
  },
  {
    fault: 'what is known of the health of a store never gets old',
    file: `${CORE}/store/health-monitor.js`,
    find: '< cacheMs ?',
    replace: '< Infinity ?',
    noticedBy: ['health', 'an answer is good for 5 s'],
  },
  {
    fault: 'a report of health can be changed by who gets it',
    file: `${CORE}/store/health-report.js`,
    find: 'return freezeReport({',
    replace: 'return Object.freeze({',
    noticedBy: ['health', 'nobody can change it'],
  },
  {
    fault: 'health waits for the write lock',
    file: `${SQLITE}/sqlite-health.js`,
    find: 'return question((set.reader ?? set.writer).db);',
    replace: `return set.lock.acquire({ label: 'health' }, signal).then(() => {
      set.lock.release();
      return question(set.writer.db);
    });`,
    noticedBy: ['health', 'it answers beside > an open write transaction'],
  },
  {
    fault: 'what SQLite repeats of a statement is told',
    file: `${SQLITE}/sqlite-errors.js`,
    find: 'withoutValues(said, phase)',
    replace: 'said',
    noticedBy: ['redaction', 'a literal where none may be'],
  },
  {
    fault: 'the driver’s error is the cause, whatever it repeats',
    file: `${SQLITE}/sqlite-errors.js`,
    find: 'cause: message === said ? error : undefined,',
    replace: 'cause: error,',
    noticedBy: ['redaction', 'a literal that does not end'],
  },
  {
    fault: 'a logger that throws breaks the store',
    file: `${CORE}/open/store-log.js`,
    find: 'try {\n            const answer = write(message, fields);',
    replace: 'write(message, fields);\n        try {\n            const answer = undefined;',
    noticedBy: ['logging', 'a logger that throws'],
  },
  {
    fault: 'a snapshot that a caller can change',
    file: `${CORE}/store/store-stats.js`,
    find: 'return freezeReport({',
    replace: 'return Object.freeze({',
    noticedBy: ['metrics', 'nothing in it can be changed'],
  },
  {
    fault: 'the totals of maintenance in a snapshot can be changed',
    file: `${CORE}/maintenance/maintenance-tally.js`,
    find: 'runCount: Object.freeze(Object.fromEntries(this.#runs)),',
    replace: 'runCount: Object.fromEntries(this.#runs),',
    noticedBy: ['metrics', 'nothing in it can be changed'],
  },
  {
    fault: 'latencies are those of all time',
    file: `${CORE}/metrics/sliding-window.js`,
    find: 'if (nowMs >= this.#endsMs)',
    replace: 'if (false)',
    noticedBy: ['metrics', 'percentiles are those of the last minute'],
  },
  {
    fault: 'a statement that fails is not measured',
    file: `${CORE}/store/store-runner.js`,
    find: 'if (!Number.isNaN(startedMs))',
    replace: 'if (false)',
    noticedBy: ['metrics', 'a failure once'],
  },
  {
    fault: 'what a signal has ended is counted again',
    file: `${CORE}/store/store-runner.js`,
    find: 'this.#parts.ended.has(session)',
    replace: 'false',
    noticedBy: ['abortCounts', 'whatever its work goes on to ask'],
  },
  {
    fault: 'the event of a slow query holds the values',
    file: `${CORE}/store/slow-query-teller.js`,
    find: 'plan: () => explain(query)',
    replace: 'plan: Object.assign(() => explain(query), { [Symbol("query")]: query })',
    noticedBy: ['slowQueries', 'no value'],
  },
  {
    fault: 'the text of a slow query holds its literals',
    file: `${CORE}/store/slow-query-teller.js`,
    find: 'sql: redactLiterals(query.sql)',
    replace: 'sql: query.sql',
    noticedBy: ['slowQueries', 'no value'],
  },
  {
    fault: 'a plan runs what it explains',
    file: `${SQLITE}/explain.js`,
    find: 'const statement = prepare(set, set.reader ?? set.writer, sql);',
    replace:
      'set.writer.db.prepare(query.sql).run(bindParameters(query.parameters)); const statement = prepare(set, set.reader ?? set.writer, sql);',
    noticedBy: ['slowQueries', 'without running it'],
  },
]
