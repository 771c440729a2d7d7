/** VACUUM on a connection that nobody else uses meanwhile. Source: https://www.sqlite.org/lang_vacuum.html */
import type { SqliteDatabase } from '../port.ts'
import { readPragma } from '../pragmas.ts'

/** Also sets up incremental vacuum where it is missing, so that the next time bit by bit will do. */
export function runVacuum(db: Pick<SqliteDatabase, 'exec' | 'prepare'>): void {
  if (Number(readPragma(db, 'auto_vacuum')) === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  db.exec('VACUUM')
}
