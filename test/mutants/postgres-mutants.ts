// Faults of the driver of Postgres: what is stopped, what goes back to the pool, what is told of what was lost.
import { type Mutant, POSTGRES } from './mutant.ts'

const run = 'postgres/direct'

export const POSTGRES_MUTANTS: readonly Mutant[] = [
  {
    fault: 'an abort only stops the waiting',
    file: `${POSTGRES}/stoppable-run.js`,
    find: 'await this.#connector.cancel(connection.client, leftMs());',
    replace: 'if (true) return void connection.destroy(new Error());',
    run,
    noticedBy: ['serverAborts', 'pg_sleep that is aborted has stopped'],
  },
  {
    fault: 'a cancel is sent after the connection was given back',
    file: `${POSTGRES}/stoppable-run.js`,
    find: 'stopping = this.#stop(connection, request, running);',
    replace: `stopping = this.#stop(connection, request, running);
      void running.catch(() => undefined).then(() => this.#connector.cancel(connection.client, 1000));`,
    run,
    noticedBy: ['serverAborts', 'none hits the statement that comes next'],
  },
  {
    fault: 'a connection in a transaction goes back to the pool',
    file: `${POSTGRES}/server-connection.js`,
    find: "this.client.getTransactionStatus() === 'I');",
    replace: 'true);',
    run,
    noticedBy: ['serverAborts', 'a connection that was left amid a transaction'],
  },
  {
    fault: 'a lost COMMIT is reported as a failure',
    file: `${POSTGRES}/stoppable-run.js`,
    find: 'if (!isFinal || !request.isSent || isDefinite)',
    replace: 'if (true)',
    run,
    noticedBy: ['lostSessions', 'one amid its COMMIT'],
  },
  {
    fault: 'a plan that another session has made stale is an error',
    file: `${POSTGRES}/statement-runner.js`,
    find: 'if (!isStalePlan(error))',
    replace: 'if (true)',
    run,
    noticedBy: ['planChanges', 'statements go on with the new columns'],
  },
]
