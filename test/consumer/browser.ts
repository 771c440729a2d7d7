// What is published for any runtime, without Node's types.
import * as conformance from '@upkeep/conformance'
import type { Backend, Store } from '@upkeep/core'
import * as core from '@upkeep/core'
import * as sqlite from '@upkeep/core/sqlite'
import * as wasm from '@upkeep/sqlite-wasm'

export const exported: string[] = [conformance, core, sqlite, wasm].flatMap((module) => Object.keys(module))

export function open(url: string, backend: Backend): Promise<Store<{ note: { title: string } }>> {
  return core.openStore(url, { backends: [backend] })
}
