/** Another database in place of the one that is open. The work is the worker's; see import-host.ts. */
import { invalidArgument, type Store, StoreError } from '@upkeep/core'
import { assertNotAborted, onceAborted, tellProgress } from '@upkeep/core/backend'
import { RemoteEngine } from '@upkeep/core/sqlite'
import type { ImportArgument, ImportStep } from './import-host.ts'
import { checkTransfer, type ImportContext } from './transfer-context.ts'

/** A SQLite file: picked by the user, downloaded, or in memory. A stream is read to its end first. */
export type DatabaseSource = Blob | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array

/** What {@link importDatabase} resolves to. */
export interface ImportReport {
  /** Of what was imported. */
  readonly sizeBytes: number
  /** How long it took, in milliseconds. */
  readonly durationMs: number
}

/**
 * Puts the database in `source` in the place of the one that is open. It is copied and checked (`quick_check`) first, and
 * then takes its place by one transaction: whatever fails or is aborted, the worker being ended included, the old one is
 * there as it was. What comes after it sees the new one; its migrations are the application's to run, `store.migrate()`.
 *
 * @throws CORRUPT for what is no database or a damaged one; FULL where there is no room for it; UNSUPPORTED for a store of
 * another backend; READONLY, INVALID_ARGUMENT; BUSY, NESTED_USE, CONNECTION for a source that cannot be read; ABORTED,
 * TIMEOUT, CLOSED; OUTCOME_UNKNOWN where the worker was lost
 */
export async function importDatabase(
  store: Store<any>,
  source: DatabaseSource,
  ctx: ImportContext = {},
): Promise<ImportReport> {
  const { log, clock, onEngine } = checkTransfer(store, ctx, 'import')
  if (!isSource(source)) throw invalidArgument('import: the source must be a Blob, a stream or bytes', 'import')
  return onEngine('import', ctx, async (engine, signal) => {
    if (!(engine instanceof RemoteEngine)) throw new StoreError('UNSUPPORTED', 'import: there is no worker')
    if (!engine.capabilities.writable) throw new StoreError('READONLY', 'import: the store is read-only')
    const startedMs = clock.monotonicMs()
    const blob = await toBlob(source, signal)
    const totalBytes = blob.size
    const onProgress = ({ step, doneBytes }: ImportStep): void =>
      tellProgress(ctx.onProgress, { step, doneBytes, totalBytes }, log)
    await engine.askOwn('import', { source: blob } satisfies ImportArgument, { signal, onProgress })
    const durationMs = clock.monotonicMs() - startedMs
    log.debug?.('database imported', { sizeBytes: totalBytes, durationMs })
    return Object.freeze({ sizeBytes: totalBytes, durationMs })
  })
}

function isSource(source: unknown): source is DatabaseSource {
  const kinds = [Blob, ReadableStream, ArrayBuffer, Uint8Array]
  return kinds.some((kind) => source instanceof kind)
}

/** A Blob goes to the worker without its bytes, which are read there. */
async function toBlob(source: DatabaseSource, signal: AbortSignal): Promise<Blob> {
  if (source instanceof Blob) return source
  if (!(source instanceof ReadableStream)) return new Blob([source as Uint8Array<ArrayBuffer>])
  const reader = source.getReader()
  const leave = onceAborted(signal, () => void reader.cancel(signal.reason).catch(() => undefined))
  const parts: Blob[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      assertNotAborted(signal, 'import')
      if (done) return new Blob(parts)
      parts.push(new Blob([value as Uint8Array<ArrayBuffer>]))
    }
  } catch (cause) {
    assertNotAborted(signal, 'import')
    throw new StoreError('CONNECTION', 'the source could not be read', { operation: 'import', cause })
  } finally {
    leave()
    reader.releaseLock()
  }
}
