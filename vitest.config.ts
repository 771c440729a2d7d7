// One project per place of tests. They import the built packages by their public names, so `pnpm build` comes first.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

/** These measure: they have the machine to themselves, after the others. */
const ALONE = ['bench/test', 'examples/demo/test']

// Hundreds of tests start a process or a thread; each would compile the same files.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compile')

export default defineConfig({
  test: {
    // A run that selects nothing, and one that was narrowed by a forgotten `.only`, must not look like a passing one.
    passWithNoTests: false,
    allowOnly: !process.env.CI,
    // Many tests wait for a server, another process or the disk: two workers would leave two cores idle half of the time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    globalSetup: join(root, 'test/servers/global-setup.ts'),
    projects: globSync(['packages/*/test', 'test/{servers,runs,mutants,docs,pages}', 'examples/*/test', 'bench/test'], {
      cwd: root,
    })
      .map((folder) => folder.replaceAll('\\', '/'))
      .sort()
      .map((folder) => ({
        test: {
          name: folder.replace(/^packages\//, '').replace(/\/test$/, ''),
          root,
          include: [`${folder}/**/*.test.ts`],
          // Processes, not threads: a native addon and its locks belong to the process.
          pool: 'forks',
          // Thousands of rows, one by one, take their time on a server, and more on a busy machine.
          testTimeout: folder === 'test/runs' ? 60_000 : 20_000,
          hookTimeout: 20_000,
          retry: 0,
          sequence: { groupOrder: 1 + ALONE.indexOf(folder) },
          // What was built is loaded by Node itself, like every other package: one copy, real workers and children.
          server: { deps: { external: [/\/dist\//] } },
        },
      })),
  },
})
