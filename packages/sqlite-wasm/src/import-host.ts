/**
 * In the worker: takes another database in place of the one that is open.
 *
 *   source ──copy──▶ stage ──quick_check──▶ ──under the write lock, in one step──▶ the database
 *
 * Until that last step nothing of the database is touched, and it leaves either the old one or the new one. What a stage
 * is, and what the step is, the kind of the database says.
 */
import { type Engine, StoreError } from '@upkeep/core'
import { assertNotAborted } from '@upkeep/core/backend'
import { classifySqliteError, type HostContext, type OwnCall, type SqliteDatabase } from '@upkeep/core/sqlite'
import type { ProgressStopper } from './progress-stopper.ts'
import type { WasmConnection } from './wasm-connection.ts'
import type { WasmPort } from './wasm-port.ts'

/** What is between two looks at the signal. */
const CHUNK_BYTES = 1024 * 1024

/** Where the header says whether there is a log: 1 for none. Source: https://www.sqlite.org/fileformat.html#file_format_version_numbers */
const VERSION_OFFSETS = [18, 19] as const
const MAGIC = 'SQLite format 3\0'
const SMALLEST_PAGE_BYTES = 512

/** With the call. */
export interface ImportArgument {
  readonly source: Blob
}

/** How far it is; `copy`, `check` and `replace` come in this order. */
export interface ImportStep {
  readonly step: 'copy' | 'check' | 'replace'
  readonly doneBytes: number
}

/** A database that is not in its place yet. */
export interface ImportStage {
  /** The next bytes, from the beginning on. */
  write(bytes: Uint8Array, offset: number): void
  /** Opens what was written. It stays open. */
  open(): SqliteDatabase
  /** Puts it in the place of what `live` has, which is in no transaction. Either all of it, or nothing. */
  replace(live: WasmConnection, ctx: HostContext): void
  /** Removes what is left of it. */
  discard(): void
}

/** What an import needs of the worker. */
export interface ImportParts {
  readonly port: WasmPort
  readonly progress: ProgressStopper
  /** @throws FULL */
  readonly openStage: (size: number) => Promise<ImportStage>
}

const importers = new WeakMap<Engine, ImportParts & { isBusy: boolean }>()

/** From now on {@link importDatabaseHere} works for `engine`. */
export function canImport(engine: Engine, parts: ImportParts): void {
  importers.set(engine, { ...parts, isBusy: false })
}

/** @throws CORRUPT, FULL, BUSY, READONLY, CONNECTION, ABORTED */
export const importDatabaseHere: OwnCall = async (engine, { source }: ImportArgument, ctx, tell) => {
  const importer = importers.get(engine)
  if (importer === undefined) throw failure('UNSUPPORTED', 'there are no imports here')
  if (importer.isBusy) throw failure('BUSY', 'another import is under way')
  importer.isBusy = true
  try {
    await assertHeader(source)
    const stage = await importer.openStage(source.size)
    try {
      await fill(stage, source, ctx, tell)
      await check(stage, importer, ctx, tell, source.size)
      await replace(stage, engine, ctx)
      await tell({ step: 'replace', doneBytes: source.size } satisfies ImportStep)
    } finally {
      stage.discard()
    }
  } catch (error) {
    throw classifySqliteError(importer.port, error, 'import')
  } finally {
    importer.isBusy = false
  }
}

async function assertHeader(source: Blob): Promise<void> {
  const bytes = await read(source, 0, MAGIC.length)
  const isDatabase = String.fromCharCode(...bytes) === MAGIC && source.size >= SMALLEST_PAGE_BYTES
  if (!isDatabase) throw failure('CORRUPT', 'this is no SQLite database')
}

async function fill(stage: ImportStage, source: Blob, ctx: HostContext, tell: Tell): Promise<void> {
  for (let offset = 0; offset < source.size; offset += CHUNK_BYTES) {
    const bytes = await read(source, offset, CHUNK_BYTES)
    // One that was taken while it had a log is whole without it: whoever has copied it saw to that, or it is not here.
    if (offset === 0) for (const place of VERSION_OFFSETS) bytes[place] = 1
    stage.write(bytes, offset)
    await tell({ step: 'copy', doneBytes: Math.min(source.size, offset + CHUNK_BYTES) } satisfies ImportStep)
    assertNotAborted(ctx.signal, 'import')
  }
}

/** Source: https://www.sqlite.org/pragma.html#pragma_quick_check */
async function check(
  stage: ImportStage,
  { progress }: ImportParts,
  ctx: HostContext,
  tell: Tell,
  size: number,
): Promise<void> {
  await tell({ step: 'check', doneBytes: 0 } satisfies ImportStep)
  const db = stage.open()
  const [row] = progress.run(ctx, () => db.prepare('PRAGMA quick_check(1)').all([]))
  if (row?.quick_check !== 'ok') throw failure('CORRUPT', 'the check found that the database is damaged')
  await tell({ step: 'check', doneBytes: size } satisfies ImportStep)
  assertNotAborted(ctx.signal, 'import')
}

/** A session waits for its turn, as a writer does, and has its settings restored: those of the old database are gone. */
async function replace(stage: ImportStage, engine: Engine, ctx: HostContext): Promise<void> {
  const session = await engine.acquire({ signal: ctx.signal })
  try {
    // What reads without a lock is read to its end by whoever begins to write.
    await session.begin({}, ctx)
    await session.rollback()
    const live = (await session.raw(ctx)) as WasmConnection
    stage.replace(live, ctx)
    live.changes?.tellAll()
  } finally {
    await session.release()
  }
}

type Tell = Parameters<OwnCall>[3]

async function read(source: Blob, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await source.slice(offset, offset + length).arrayBuffer())
  } catch (cause) {
    throw new StoreError('CONNECTION', 'the source could not be read', { operation: 'import', cause })
  }
}

function failure(code: 'CORRUPT' | 'UNSUPPORTED' | 'BUSY', message: string): StoreError {
  return new StoreError(code, message, { operation: 'import' })
}
