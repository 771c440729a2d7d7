/**
 * `@sqlite.org/sqlite-wasm`, as far as it is used here, and how it is loaded: when a database is opened, in its worker.
 *
 * Statements go to the functions of the WASM module itself, past the wrappers that convert each argument.
 * Source: https://sqlite.org/wasm/doc/trunk/c-style-api.md
 */
import { StoreError } from '@upkeep/core'

/** An address in the memory of the module; 0 is NULL. */
export type Pointer = number

/** The functions of the module, with numbers as C has them; 64 bits are a bigint. */
export interface Sqlite3Exports {
  sqlite3_prepare_v3(db: Pointer, sql: Pointer, length: number, flags: number, out: Pointer, tail: Pointer): number
  sqlite3_finalize(statement: Pointer): number
  sqlite3_reset(statement: Pointer): number
  sqlite3_clear_bindings(statement: Pointer): number
  sqlite3_step(statement: Pointer): number
  sqlite3_next_stmt(db: Pointer, statement: Pointer): Pointer
  sqlite3_stmt_readonly(statement: Pointer): number
  sqlite3_bind_parameter_count(statement: Pointer): number
  sqlite3_bind_null(statement: Pointer, index: number): number
  sqlite3_bind_int64(statement: Pointer, index: number, value: bigint): number
  sqlite3_bind_double(statement: Pointer, index: number, value: number): number
  sqlite3_bind_text(statement: Pointer, index: number, text: Pointer, length: number, destructor: number): number
  sqlite3_bind_blob(statement: Pointer, index: number, bytes: Pointer, length: number, destructor: number): number
  sqlite3_bind_zeroblob(statement: Pointer, index: number, length: number): number
  sqlite3_column_count(statement: Pointer): number
  sqlite3_column_name(statement: Pointer, index: number): Pointer
  sqlite3_column_decltype(statement: Pointer, index: number): Pointer
  sqlite3_column_type(statement: Pointer, index: number): number
  sqlite3_column_int64(statement: Pointer, index: number): bigint
  sqlite3_column_double(statement: Pointer, index: number): number
  sqlite3_column_text(statement: Pointer, index: number): Pointer
  sqlite3_column_blob(statement: Pointer, index: number): Pointer
  sqlite3_column_bytes(statement: Pointer, index: number): number
  sqlite3_extended_errcode(db: Pointer): number
  sqlite3_errmsg(db: Pointer): Pointer
  sqlite3_get_autocommit(db: Pointer): number
  sqlite3_changes64(db: Pointer): bigint
  sqlite3_total_changes64(db: Pointer): bigint
  sqlite3_last_insert_rowid(db: Pointer): bigint
  sqlite3_close_v2(db: Pointer): number
  sqlite3_set_authorizer(db: Pointer, authorize: Pointer, context: Pointer): number
  sqlite3_rollback_hook(db: Pointer, hook: Pointer, context: Pointer): Pointer
  sqlite3_malloc(size: number): Pointer
  sqlite3_free(address: Pointer): void
}

/** The files of one directory. Source: https://sqlite.org/wasm/doc/trunk/persistence.md#vfs-opfs-sahpool */
export interface SahPool {
  /** Lets go of the files. */
  pauseVfs(): unknown
  getFileNames(): string[]
  /** Removes a file that nobody has open. */
  unlink(path: string): boolean
  /** Makes room for so many files, for good. */
  reserveMinimumCapacity(count: number): Promise<unknown>
}

/** The module, loaded. */
export interface Sqlite3 {
  readonly capi: {
    readonly SQLITE_OPEN_READONLY: number
    readonly SQLITE_OPEN_READWRITE: number
    readonly SQLITE_OPEN_CREATE: number
    readonly SQLITE_INTERRUPT: number
    readonly SQLITE_FCNTL_FILE_POINTER: number
    readonly SQLITE_FCNTL_JOURNAL_POINTER: number
    sqlite3_file_control(db: Pointer, schema: string, operation: number, argument: Pointer): number
    sqlite3_open_v2(name: string, out: Pointer, flags: number, vfs: string | null): number
    sqlite3_extended_result_codes(db: Pointer, on: number): number
    sqlite3_progress_handler(db: Pointer, every: number, handler: (() => number) | 0, argument: 0): void
    sqlite3_js_rc_str(code: number): string | undefined
    sqlite3_libversion(): string
    readonly SQLITE_DESERIALIZE_FREEONCLOSE: number
    readonly SQLITE_DESERIALIZE_RESIZEABLE: number
    readonly SQLITE_DESERIALIZE_READONLY: number
    /** Takes as many bytes as the last two say. Source: https://www.sqlite.org/c3ref/deserialize.html */
    sqlite3_deserialize(
      db: Pointer,
      schema: string,
      bytes: Pointer,
      size: number,
      capacity: number,
      flags: number,
    ): number
    /** 0 where it cannot be begun. Source: https://www.sqlite.org/c3ref/backup_finish.html */
    sqlite3_backup_init(to: Pointer, toSchema: string, from: Pointer, fromSchema: string): Pointer
    sqlite3_backup_step(backup: Pointer, pageCount: number): number
    /** What was copied is undone unless all was. */
    sqlite3_backup_finish(backup: Pointer): number
  }
  readonly wasm: {
    readonly exports: Sqlite3Exports
    heap8u(): Uint8Array<ArrayBuffer>
    peekPtr(address: Pointer): Pointer
    peek(address: Pointer, type: 'i64'): bigint
    pokePtr(address: Pointer, value: Pointer): unknown
    functionEntry(address: Pointer): (...parameters: (number | bigint)[]) => number
    /** The letters are those of its answer and its parameters: `v` nothing, `i` 32 bits, `j` 64 bits, `p` a pointer. */
    installFunction(signature: string, call: (...parameters: any[]) => number | void): Pointer
    uninstallFunction(address: Pointer): unknown
  }
  /** Only in the worker of a browser that has OPFS. */
  installOpfsSAHPoolVfs?(options: {
    readonly name: string
    readonly directory: string
    readonly initialCapacity: number
    readonly verbosity: number
    readonly preserveOnInitFailure: boolean
    readonly forceReinitIfPreviouslyFailed: boolean
  }): Promise<SahPool>
}

/** A compiled `WebAssembly.Module`, which can be sent to other threads. */
export type CompiledModule = object

declare const WebAssembly: {
  instantiate(module: CompiledModule, imports: object): Promise<object>
}

interface Sqlite3Init {
  print(text: string): void
  printErr(text: string): void
  instantiateWasm?(imports: object, receive: (instance: object, module: CompiledModule) => void): object
}

/** Loads the module, and compiles it unless that was done. @throws UNSUPPORTED where that cannot be done */
export async function loadSqlite3(compiled: CompiledModule | undefined): Promise<Sqlite3> {
  try {
    const { default: init } = (await import('@sqlite.org/sqlite-wasm')) as unknown as {
      default: (init: Sqlite3Init) => Promise<Sqlite3>
    }
    // What it has to say is said by errors.
    const silent = { print: () => undefined, printErr: () => undefined }
    if (compiled === undefined) return await init(silent)
    const instantiated = Promise.withResolvers<never>()
    const instantiateWasm: Sqlite3Init['instantiateWasm'] = (imports, receive) => {
      WebAssembly.instantiate(compiled, imports).then((instance) => receive(instance, compiled), instantiated.reject)
      return {}
    }
    return await Promise.race([init({ ...silent, instantiateWasm }), instantiated.promise])
  } catch (cause) {
    throw new StoreError('UNSUPPORTED', '@sqlite.org/sqlite-wasm could not be loaded here', {
      operation: 'open',
      cause,
    })
  }
}
