// Faults of retention: rows that are deleted too early, callbacks that are lost.
import { CORE, type Mutant } from './mutant.ts'

export const RETENTION_MUTANTS: readonly Mutant[] = [
  {
    fault: 'a callback that fails for good is lost',
    file: `${CORE}/retention/delivery.js`,
    find: 'await this.#tell(ids);\n        this.#told = batch;',
    replace: 'this.#told = batch;\n        await this.#tell(ids);',
    noticedBy: [
      'retentionCallback',
      'it fails for good: the task is failed, and the next run begins with what was not told',
    ],
  },
  {
    fault: 'deleted ids are not kept until they are told',
    file: `${CORE}/retention/delete-batch.js`,
    find: 'await delivery?.keep(tx, ids)',
    replace: 'delivery && 0',
    noticedBy: ['retentionProcesses', 'a process that is killed in onDeleted, 0 batches told before'],
  },
  {
    fault: 'ids are told that are in the table again',
    file: `${CORE}/retention/delivery.js`,
    find: 'const gone = await this.#stillGone(ids);',
    replace: 'const gone = ids;',
    noticedBy: ['retentionCallback', 'what is there again is not told as gone'],
  },
  {
    fault: 'keepLatest deletes whatever its age',
    file: `${CORE}/retention/keep-latest.js`,
    find: 'if (maxAgeMs === undefined)',
    replace: 'if (true)',
    noticedBy: ['keepLatest', 'olderThan: of the others only those that are older go'],
  },
  {
    fault: 'the condition is not looked at by the statement that deletes',
    file: `${CORE}/retention/delete-batch.js`,
    find: '.where((eb) => selection.condition(eb))',
    replace: '',
    noticedBy: ['retention', 'a row that is touched after it was found stays'],
  },
  {
    fault: 'a row that a constraint keeps ends the run',
    file: `${CORE}/retention/delete-rows.js`,
    find: 'deleteKeys(deletion, found.keys, !source.forgets)',
    replace: 'deleteKeys(deletion, found.keys, false)',
    noticedBy: ['retentionRefused', 'stays and keeps no other; the task fails in the end (scan key)'],
  },
  {
    fault: 'retention runs after the rows that are inserted',
    file: `${CORE}/retention/key-pages.js`,
    find: '.limit(1).execute({ signal });',
    replace: '.limit(1).execute({ signal }).then(() => [{ [key]: Number.MAX_SAFE_INTEGER }]);',
    noticedBy: ['retentionRefused', 'rows that are inserted while it deletes make no run endless'],
  },
]
