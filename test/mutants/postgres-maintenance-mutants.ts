// Faults of maintenance on Postgres: what is claimed of tables, and the one maintainer.
import { type Mutant, POSTGRES } from './mutant.ts'

const run = 'postgres/direct'
const FOLDER = `${POSTGRES}/maintenance`

export const POSTGRES_MAINTENANCE_MUTANTS: readonly Mutant[] = [
  {
    fault: 'notices of the server are ignored',
    file: `${FOLDER}/dedicated-client.js`,
    find: 'this.#notices.push({ code, severity, message });',
    replace: ';',
    run,
    noticedBy: ['maintenancePostgres', 'a table that another session has locked'],
  },
  {
    fault: 'what the server answers is believed, whatever its counters say',
    file: `${FOLDER}/judge-table.js`,
    find: "const undone = judgeNotices(outcome) ?? judgeCounter(outcome, 'vacuumCount', 'vacuumed');",
    replace: 'const undone = undefined;',
    run,
    noticedBy: ['maintenancePostgres', 'a table that another session has locked'],
  },
  {
    fault: 'rows that somebody may still see are reported as removed',
    file: `${FOLDER}/judge-table.js`,
    find: 'if (left === 0 || oldest === undefined)',
    replace: 'if (true)',
    run,
    noticedBy: ['maintenancePostgres', 'rows that an old snapshot may still see'],
  },
  {
    fault: 'the advisory lock is kept',
    file: `${FOLDER}/postgres-maintenance.js`,
    find: 'await this.#giveBack();',
    replace: 'return;',
    run,
    noticedBy: ['maintenancePostgres', 'two stores of one process are two maintainers'],
  },
  {
    fault: 'a second maintainer is let in on Postgres',
    file: `${FOLDER}/open-postgres-maintenance.js`,
    find: 'if (!attempt.held)',
    replace: 'if (false)',
    run,
    noticedBy: ['maintenancePostgres', 'two stores of one process are two maintainers'],
  },
]
