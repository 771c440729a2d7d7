/** Kysely's SQLite compiler, with identifiers written in one piece: they are most of what a small query consists of. */
import { type IdentifierNode, SqliteQueryCompiler } from 'kysely'

export class UpkeepSqliteCompiler extends SqliteQueryCompiler {
  protected override visitIdentifier(node: IdentifierNode): void {
    const { name } = node
    this.append(name.includes('"') ? `"${this.sanitizeIdentifier(name)}"` : `"${name}"`)
  }
}
