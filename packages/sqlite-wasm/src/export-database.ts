/**
 * A database as bytes, out of the worker: all its pages, read in one transaction, so that nothing is half committed in it.
 *
 * They go to a Blob as they come. A browser keeps that outside the memory of the page; it is a stream, bytes or a download
 * as one likes; and nobody holds a transaction open for as long as a slow reader takes.
 * Source: https://www.sqlite.org/dbpage.html
 */
import { type Store, StoreError } from '@upkeep/core'
import { tellProgress } from '@upkeep/core/backend'
import { sql } from 'kysely'
import { checkTransfer, type ExportContext } from './transfer-context.ts'

/** What a browser knows a SQLite database by. Source: https://www.iana.org/assignments/media-types */
const MEDIA_TYPE = 'application/vnd.sqlite3'

/** Read in one go by the worker. */
const CHUNK_PAGES = 64

/** Where the header says whether there is a log. Source: https://www.sqlite.org/fileformat.html#file_format_version_numbers */
const VERSION_OFFSETS = [18, 19] as const

type Pages = { readonly sqlite_dbpage: { readonly data: Uint8Array<ArrayBuffer> } }

/**
 * The database as it is at one moment, as a SQLite file without a log, which every SQLite opens. Other statements wait
 * meanwhile, as behind any transaction: some milliseconds per megabyte.
 *
 * @throws UNSUPPORTED for a store of another backend; INVALID_ARGUMENT; BUSY, NESTED_USE, ABORTED, TIMEOUT, CLOSED, CORRUPT
 */
export async function exportDatabase(store: Store<any>, ctx: ExportContext = {}): Promise<Blob> {
  const { log } = checkTransfer(store, ctx, 'export')
  const { signal, timeoutMs, onProgress } = ctx
  return store.transaction(
    async (tx) => {
      const db = tx.withoutPlugins()
      const { rows } = await sql<{ readonly bytes: number }>`
        select page_count * page_size as bytes from pragma_page_count, pragma_page_size`.execute(db)
      const totalBytes = rows[0]?.bytes ?? 0
      const parts: Blob[] = []
      let doneBytes = 0
      let chunk: Uint8Array<ArrayBuffer>[] = []
      // One by one they would be as many parts; a Blob of each chunk lets go of the pages themselves.
      const pack = (): void => {
        if (chunk.length > 0) parts.push(new Blob(chunk))
        chunk = []
        tellProgress(onProgress, { doneBytes, totalBytes }, log)
      }
      const pages = db.withTables<Pages>().selectFrom('sqlite_dbpage').select('data').stream(CHUNK_PAGES)
      for await (const { data } of pages) {
        if (doneBytes === 0) for (const place of VERSION_OFFSETS) data[place] = 1
        doneBytes += data.length
        chunk.push(data)
        if (chunk.length === CHUNK_PAGES) pack()
      }
      pack()
      if (doneBytes !== totalBytes) {
        throw new StoreError('CORRUPT', `${doneBytes} of ${totalBytes} bytes could be read`, { operation: 'export' })
      }
      return new Blob(parts, { type: MEDIA_TYPE })
    },
    { accessMode: 'read only', signal, timeoutMs },
  )
}
