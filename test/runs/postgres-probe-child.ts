// Runs statements on Postgres by plain pg, for probe-process.ts. Counts come as numbers, as they do from SQLite.
import pg from 'pg'
import { serveProbe } from './serve-probe.ts'

const { INT8 } = pg.types.builtins
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
}

serveProbe(async (url, sql) => {
  const client = new pg.Client({ connectionString: url, application_name: 'probe', types })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
})
