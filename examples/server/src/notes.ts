// What can be done with notes: the application's queries, all of them. Each takes the signal of the request it is for.
import { json, type Store } from '@upkeep/core'
import { type ExpressionBuilder, sql } from 'kysely'
import { type NoteInput, searchText } from './note-input.ts'
import type { Schema } from './schema.ts'

const COLUMNS = ['id', 'title', 'body', 'done', 'price', 'due_at', 'tags', 'revision'] as const

export function readNote(store: Store<Schema>, id: string, signal: AbortSignal) {
  return store.db.selectFrom('note').select(COLUMNS).where('id', '=', id).executeTakeFirst({ signal })
}

/** Notes in the order of their ids, after one of them. */
export function listNotes(store: Store<Schema>, page: { limit: number; after: string }, signal: AbortSignal) {
  const { limit, after } = page
  return store.db
    .selectFrom('note')
    .select(COLUMNS)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute({ signal })
}

/** Notes that have every word of `text`, wherever it stands. */
export function searchNotes(store: Store<Schema>, text: string, limit: number, signal: AbortSignal) {
  const words = searchText(text).split(/\s+/).filter(Boolean)
  return store.db
    .selectFrom('note')
    .select(COLUMNS)
    .where((row) => row.and(words.map((word) => contains(row, word))))
    .orderBy('id')
    .limit(limit)
    .execute({ signal })
}

/** Makes the note, or writes it anew, and keeps that it was written: both, or neither. */
export function writeNote(store: Store<Schema>, id: string, input: NoteInput, signal: AbortSignal) {
  const values = { ...input, tags: json(input.tags), search_text: searchText(`${input.title}\n${input.body}`) }
  return store.transaction(
    async (tx) => {
      const note = await tx
        .insertInto('note')
        .values({ id, ...values, revision: 1 })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...values, revision: sql`note.revision + 1` }))
        .returning(COLUMNS)
        .executeTakeFirstOrThrow()
      await tx.insertInto('change').values({ note_id: id, revision: note.revision }).execute()
      return note
    },
    { signal },
  )
}

/** The revisions that are still known, the oldest first. */
export function listChanges(store: Store<Schema>, id: string, signal: AbortSignal) {
  return store.db
    .selectFrom('change')
    .select('revision')
    .where('note_id', '=', id)
    .orderBy('revision')
    .execute({ signal })
}

export async function deleteNote(store: Store<Schema>, id: string, signal: AbortSignal): Promise<boolean> {
  const { numDeletedRows } = await store.db.deleteFrom('note').where('id', '=', id).executeTakeFirstOrThrow({ signal })
  return numDeletedRows > 0n
}

/** All notes, one after another; an end of the loop, or the signal, ends it in the database. */
export function streamNotes(store: Store<Schema>, signal: AbortSignal) {
  return store.db.selectFrom('note').select(COLUMNS).orderBy('id').stream({ chunkSize: 100, signal })
}

function contains(row: ExpressionBuilder<Schema, 'note'>, word: string) {
  const pattern = `%${word.replace(/[\\%_]/g, (special) => `\\${special}`)}%`
  return sql<boolean>`${row.ref('search_text')} like ${pattern} escape '\\'`
}
