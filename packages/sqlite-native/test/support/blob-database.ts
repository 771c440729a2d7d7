// A database whose VACUUM takes a while: rows of one kilobyte that cannot be compressed away.
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'

export async function createBlobDatabase(path: string, rows: number): Promise<string> {
  const store = await openSqliteStore({ path, durability: 'normal' })
  await sql`create table t (a)`.execute(store.db)
  await sql`with recursive n(n) as (values (1) union all select n + 1 from n where n < ${rows})
    insert into t select randomblob(1000) from n`.execute(store.db)
  await store.close({ maintenanceOnClose: false })
  return path
}
