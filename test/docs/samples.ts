// The samples of the documents, as programs. The ```ts blocks of a page are one program, in their order; a block under
// `<!-- file: name -->` is a file beside it. Does not run anything.
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A page and where its program was written. */
export interface Page {
  /** From the workspace, e.g. `docs/guides/values.md`. */
  readonly name: string
  readonly folder: string
  readonly hasProgram: boolean
}

const PAGES = ['README.md', 'packages/*/README.md', 'test/README.md', 'docs/**/*.md']
const BLOCK = /(?:<!-- file: (\S+) -->\n)?```(?:ts|js)\n([\s\S]*?)```/g

/** Packages that a sample may import, by where they are. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@upkeep/core': 'packages/core',
  '@upkeep/sqlite-native': 'packages/sqlite-native',
  '@upkeep/sqlite-wasm': 'packages/sqlite-wasm',
  '@upkeep/postgres': 'packages/postgres',
  '@upkeep/conformance': 'test',
  kysely: 'packages/core/node_modules/kysely',
  'better-sqlite3': 'packages/sqlite-native/node_modules/better-sqlite3',
  '@types/better-sqlite3': 'packages/sqlite-native/node_modules/@types/better-sqlite3',
  '@types/node': 'node_modules/@types/node',
  vitest: 'node_modules/vitest',
}

/** Writes every page's program into a folder of its own below `folder`. */
export function writeSamples(folder: string): Page[] {
  for (const [name, target] of Object.entries(PACKAGES)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, target), link, 'junction')
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  return globSync(PAGES, { cwd: root })
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
    .map((name) => writePage(name, join(folder, name.replace(/\W+/g, '-'))))
}

function writePage(name: string, folder: string): Page {
  mkdirSync(folder)
  let program = ''
  for (const [, file, text = ''] of readFileSync(join(root, name), 'utf8').matchAll(BLOCK)) {
    if (file === undefined) program += `${text}\n`
    else writeFileSync(join(folder, file), text)
  }
  if (program !== '') writeFileSync(join(folder, 'page.ts'), program)
  return { name, folder, hasProgram: program !== '' }
}
