// Loaded by `node --import` in a child process and, through NODE_OPTIONS, in the children of that one: patches one
// built file as it is loaded. Nothing on disk changes.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/** What UPKEEP_MUTANT holds, as JSON. */
export interface Patch {
  /** Absolute path of a built file. */
  readonly path: string
  readonly find: string
  readonly replace: string
}

declare global {
  /** Set once the patch has been applied in this process. */
  var upkeepMutantApplied: boolean | undefined
}

const { UPKEEP_MUTANT } = process.env

if (UPKEEP_MUTANT !== undefined) {
  const { path, find, replace } = JSON.parse(UPKEEP_MUTANT) as Patch
  const target = pathToFileURL(path).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== target) return loaded
      const source = String(loaded.source)
      if (source.split(find).length !== 2) throw new Error(`the patch does not fit ${path} exactly once`)
      globalThis.upkeepMutantApplied = true
      return { ...loaded, source: source.replace(find, () => replace) }
    },
  })
}
