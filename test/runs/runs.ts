// The runs of the suite on our own backends, by name. What a run needs is loaded when it is asked for: one whose
// driver cannot load here does not disturb the others.
import type { Run } from './run.ts'

const RUNS: Readonly<Record<string, () => Promise<Run>>> = {
  'node-sqlite': async () => (await import('./node-sqlite.ts')).nodeSqlite,
  'postgres/direct': async () => (await import('./postgres-runs.ts')).postgresDirect,
  'postgres/oldest': async () => (await import('./postgres-runs.ts')).postgresOldest,
  'postgres/pgbouncer': async () => (await import('./postgres-runs.ts')).postgresPgbouncer,
  'sqlite-native/file': async () => (await import('./sqlite-native-file.ts')).sqliteNativeFile,
  'sqlite-native/memory': async () => (await import('./sqlite-native-memory.ts')).sqliteNativeMemory,
  'sqlite-native/process': async () => (await import('./sqlite-native-process.ts')).sqliteNativeProcess,
  'sqlite-wasm/opfs': async () => (await import('./sqlite-wasm-opfs.ts')).sqliteWasmOpfs,
  'sqlite-wasm/opfs-no-isolation': async () => (await import('./sqlite-wasm-opfs.ts')).sqliteWasmOpfsNoIsolation,
  'sqlite-wasm/node': async () => (await import('./sqlite-wasm-node.ts')).sqliteWasmNode,
}

/** @throws Error for a name that is no run */
export async function resolveRun(name: string): Promise<Run> {
  const load = RUNS[name]
  if (load === undefined) throw new Error(`there is no run "${name}"; there are ${Object.keys(RUNS).join(', ')}`)
  return load()
}
