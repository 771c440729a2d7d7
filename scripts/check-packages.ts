// Packs every published package as it would go to the registry and looks at the result from outside: publint and attw
// on each tarball, then a consumer that has the tarballs, what they declare as dependencies, and nothing else. The
// consumer is compiled with `skipLibCheck: false`, so it checks the types of every published file, and is then run.
// Does not build: the caller has.
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CommandReport, pnpmCommand, runCommand } from './run-command.ts'
import { publishedPackages, readManifest, root, type WorkspacePackage } from './workspace.ts'

export interface CheckReport extends CommandReport {
  readonly name: string
}

interface Tarball extends WorkspacePackage {
  readonly path: string
}

/** One report per package and tool, and one per way of consuming them. */
export async function checkPackages(): Promise<CheckReport[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'upkeep-packages-')))
  try {
    const reports: CheckReport[] = []
    const tarballs: Tarball[] = []
    for (const found of publishedPackages()) {
      const destination = join(folder, 'packed', found.folder)
      const packed = await runCommand(pnpmCommand('pack', '--pack-destination', destination), {
        cwd: join(root, found.folder),
      })
      const file = packed.ok ? readdirSync(destination)[0] : undefined
      if (file) tarballs.push({ ...found, path: join(destination, file) })
      else reports.push({ name: `pack ${found.manifest.name}`, ok: false, output: packed.output })
    }
    for (const { manifest, path } of tarballs) {
      const publint = await runCommand(['publint', '--strict', path])
      reports.push({ name: `publint ${manifest.name}`, ...publint })
      const attw = await runCommand(['attw', '--profile', 'esm-only', '--no-color', path])
      reports.push({ name: `attw ${manifest.name}`, ...attw })
    }
    // Without all of them the consumer would only repeat that one is missing.
    if (tarballs.length === publishedPackages().length) reports.push(...(await checkConsumer(tarballs, folder)))
    return reports
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function checkConsumer(tarballs: readonly Tarball[], folder: string): Promise<CheckReport[]> {
  const consumer = join(folder, 'consumer')
  await cp(join(root, 'test', 'consumer'), consumer, { recursive: true })
  const installed = await installTarballs(tarballs, consumer)
  if (!installed.ok) return [{ name: 'consumer install', ...installed }]
  const reports: CheckReport[] = []
  for (const target of ['node', 'browser', 'bundler']) {
    const compiled = await runCommand(['tsc', '--project', join(consumer, `tsconfig.${target}.json`)], {
      cwd: consumer,
    })
    reports.push({ name: `consumer types, ${target}`, ...compiled })
  }
  const run = await runCommand(['node', join(consumer, 'dist', 'node.js')], { cwd: consumer })
  reports.push({ name: 'consumer run', ...run })
  return reports
}

/** What `npm install` would put there, without a registry: our tarballs unpacked, their dependencies linked. */
async function installTarballs(tarballs: readonly Tarball[], consumer: string): Promise<CommandReport> {
  const modules = join(consumer, 'node_modules')
  for (const { manifest, path } of tarballs) {
    const target = join(modules, manifest.name)
    mkdirSync(target, { recursive: true })
    const unpacked = await runCommand(['tar', '-xzf', path, '-C', target, '--strip-components', '1'])
    if (!unpacked.ok) return unpacked
  }
  for (const { folder, manifest } of tarballs) {
    const packed = readManifest(join(modules, manifest.name))
    for (const name of Object.keys({ ...packed.dependencies, ...packed.peerDependencies })) {
      if (!tarballs.some((ours) => ours.manifest.name === name)) link(join(root, folder, 'node_modules', name), name)
    }
  }
  link(join(root, 'node_modules', '@types', 'node'), '@types/node')
  return { ok: true, output: '' }

  function link(from: string, name: string): void {
    const to = join(modules, name)
    mkdirSync(dirname(to), { recursive: true })
    rmSync(to, { recursive: true, force: true })
    symlinkSync(realpathSync(from), to, 'junction')
  }
}
