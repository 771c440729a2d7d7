/** What exporting and importing have in common: what they take, and how it is checked. */
import { type Context, type Store, StoreError } from '@upkeep/core'
import { assertContext, assertFunctionOption, insidesOf, type StoreInsides } from '@upkeep/core/backend'

/** How far an export is. It goes on and never back. */
export interface ExportProgress {
  readonly doneBytes: number
  readonly totalBytes: number
}

/** Options of {@link exportDatabase}. */
export interface ExportContext extends Context {
  /** Called as the work goes on; what it throws is logged and ignored. @default none */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined
}

/** How far an import is: it is copied beside the database, checked, and then takes its place. */
export interface ImportProgress extends ExportProgress {
  readonly step: 'copy' | 'check' | 'replace'
}

/** Options of {@link importDatabase}. */
export interface ImportContext extends Context {
  /** Called as the work goes on; what it throws is logged and ignored. @default none */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
}

/** @throws INVALID_ARGUMENT; UNSUPPORTED for a store of another backend */
export function checkTransfer(
  store: Store<any>,
  ctx: ExportContext | ImportContext,
  operation: 'export' | 'import',
): StoreInsides {
  assertContext(ctx, operation, ['onProgress'])
  assertFunctionOption(ctx.onProgress, 'onProgress')
  const insides = insidesOf(store)
  if (insides !== undefined && store.name === 'sqlite-wasm') return insides
  throw new StoreError('UNSUPPORTED', `${operation}: this is no store of SQLite WASM`, { operation })
}
