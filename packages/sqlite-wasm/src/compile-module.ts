/** Compiles the WASM module once for all workers of this process, which is most of what starting one takes. */
import { readFile } from 'node:fs/promises'
import type { CompiledModule } from './sqlite3-module.ts'

declare const WebAssembly: { compile(bytes: Uint8Array): Promise<CompiledModule> }

let compiled: Promise<CompiledModule> | undefined

/** `undefined` where it cannot be read: then each worker tells what is wrong, or finds it by its own ways. */
export function compileSqlite3(): Promise<CompiledModule | undefined> {
  compiled ??= compileFile().catch((error) => {
    compiled = undefined
    throw error
  })
  return compiled.catch(() => undefined)
}

async function compileFile(): Promise<CompiledModule> {
  const file = new URL(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm'))
  return WebAssembly.compile(await readFile(file))
}
