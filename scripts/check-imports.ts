// Checks the directions of imports: each folder of sources may import what its rule names, and nothing else. An allow
// list, so that a new driver, a new backend or a deep path into another package is refused until a rule says otherwise.
// Cycles are biome's part (noImportCycles), undeclared dependencies too.
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { root } from './workspace.ts'

interface Rule {
  /** The folder it is for, with everything below; the first rule that fits counts. */
  readonly folder: string
  /** Folders that relative imports may lead to. */
  readonly folders: readonly string[]
  /** Packages by their full specifier, or by how it begins if the name ends in `:` or `/`. */
  readonly packages: readonly string[]
  readonly why: string
}

const RULES: readonly Rule[] = [
  {
    folder: 'packages/core/src/sqlite',
    folders: ['packages/core/src'],
    packages: ['kysely', 'kysely/'],
    why: 'what all SQLite backends share is runtime-neutral: no driver, no node:*',
  },
  {
    folder: 'packages/core/src',
    folders: ['packages/core/src', '!packages/core/src/sqlite'],
    packages: ['kysely', 'kysely/', 'croner', 'hdr-histogram-js'],
    why: 'core knows no engine, no driver and no runtime',
  },
  {
    folder: 'packages/sqlite-native/src',
    folders: ['packages/sqlite-native/src'],
    packages: [
      'kysely',
      'kysely/',
      '@upkeep/core',
      '@upkeep/core/backend',
      '@upkeep/core/sqlite',
      '@upkeep/core/sqlite/host',
      'better-sqlite3',
      'node:',
    ],
    why: 'a backend imports core by its public names, its own driver, and never another backend',
  },
  {
    folder: 'packages/postgres/src',
    folders: ['packages/postgres/src'],
    packages: ['kysely', 'kysely/', '@upkeep/core', '@upkeep/core/backend', 'pg', 'node:'],
    why: 'a backend imports core by its public names, its own driver, and never another backend',
  },
  {
    folder: 'packages/sqlite-wasm/src',
    folders: ['packages/sqlite-wasm/src'],
    packages: [
      'kysely',
      'kysely/',
      '@upkeep/core',
      '@upkeep/core/backend',
      '@upkeep/core/sqlite',
      '@sqlite.org/sqlite-wasm',
      'node:',
    ],
    why: 'a backend imports core by its public names, its own driver, and never another backend',
  },
  {
    folder: 'test/src',
    folders: ['test/src'],
    packages: ['kysely', 'kysely/', '@upkeep/core'],
    why: 'the suite is for anyone’s backend, so it imports none, and no runtime and no test runner',
  },
  {
    folder: 'examples/backend-node-sqlite/src',
    folders: ['examples/backend-node-sqlite/src'],
    packages: ['kysely', 'kysely/', '@upkeep/core', '@upkeep/core/sqlite', 'node:'],
    why: 'the example backend has what anyone outside has: the public exports',
  },
]

// biome's formatter keeps statements in this shape, so no parser is needed. A type import counts like any other.
const SPECIFIER =
  /^(?:import|export|\})[^'"\n]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm

const problems: string[] = []
let fileCount = 0
for (const folder of ['packages/*/src', 'test/src', 'examples/backend-*/src']) {
  for (const found of globSync(`${folder}/**/*.{ts,mts,cts,js,mjs,cjs}`, { cwd: root })) {
    fileCount++
    checkFile(found.replaceAll('\\', '/'))
  }
}
for (const problem of problems) console.error(problem)
console.log(`${fileCount} files, ${problems.length} imports in a forbidden direction`)
process.exitCode = problems.length > 0 ? 1 : 0

function checkFile(file: string): void {
  const rule = RULES.find(({ folder }) => isInside(file, folder))
  if (!rule) {
    problems.push(`${file}: no rule for this folder; add one to scripts/check-imports.ts`)
    return
  }
  const text = readFileSync(`${root}/${file}`, 'utf8')
  for (const match of text.matchAll(SPECIFIER)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    if (isAllowed(rule, file, specifier)) continue
    const line = text.slice(0, match.index).split('\n').length
    problems.push(`${file}:${line}: must not import '${specifier}' (${rule.why})`)
  }
}

function isAllowed(rule: Rule, file: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) {
    return rule.packages.some((name) => (/[:/]$/.test(name) ? specifier.startsWith(name) : specifier === name))
  }
  const target = posix.join(posix.dirname(file), specifier)
  const isRefused = rule.folders.some((folder) => folder.startsWith('!') && isInside(target, folder.slice(1)))
  return !isRefused && rule.folders.some((folder) => isInside(target, folder))
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
