/**
 * The sizes of a database file and of its write-ahead log.
 *
 * By `stat` alone: opening and closing the file here would drop the locks that SQLite holds on it in this process.
 */
import { stat } from 'node:fs/promises'

/** Sizes at one moment. */
export interface FileSizes {
  readonly fileBytes: number
  readonly walBytes: number
}

/** Looks at the database at `path`; a file that is not there has 0 bytes. */
export async function readFileSizes(path: string): Promise<FileSizes> {
  const [fileBytes, walBytes] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)])
  return { fileBytes, walBytes }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
