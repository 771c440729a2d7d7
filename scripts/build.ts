// Compiles every published package from src to dist, and removes what is left in dist of sources that are gone, which
// would otherwise be published and imported. Does not check tests, examples or scripts: see tsconfig.check.json.
import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'
import { publishedPackages, root } from './workspace.ts'

for (const { folder } of publishedPackages()) {
  for (const file of globSync('**/*.{js,d.ts,js.map,d.ts.map}', { cwd: join(root, folder, 'dist') })) {
    const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (!existsSync(join(root, folder, 'src', source))) rmSync(join(root, folder, 'dist', file))
  }
}
// --force: TypeScript 7.0.2's incremental build does not notice a change of the global declarations in ambient.d.ts.
const report = await runCommand(['tsc', '--build', '--force'])
process.stdout.write(report.output)
process.exitCode = report.ok ? 0 : 1
