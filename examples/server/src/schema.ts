// The tables, as Kysely is told of them. What makes them: migrations/.
import type { ColumnType, Generated } from 'kysely'

export interface NoteTable {
  /** Chosen by the client, so that a write can be sent again. */
  id: string
  title: string
  body: string
  done: boolean
  /** An exact decimal. */
  price: string | null
  due_at: Date | null
  tags: ColumnType<readonly string[], unknown, unknown>
  /** Title and body as they are searched: one rule for all databases, which have rules of their own for letters. */
  search_text: string
  /** How often it was written. */
  revision: number
}

/** What was written when; kept for a while. */
export interface ChangeTable {
  id: Generated<number>
  note_id: string
  revision: number
  at: Generated<Date>
}

export interface Schema {
  note: NoteTable
  change: ChangeTable
}
