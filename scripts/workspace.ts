// Where things are in this workspace, and which packages are published.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Absolute path of the workspace. */
export const root: string = dirname(import.meta.dirname)

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage {
  /** Relative to the workspace, with forward slashes. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package that goes to the registry, in the order of its folder. */
export function publishedPackages(): WorkspacePackage[] {
  return globSync(['packages/*', 'test'], { cwd: root })
    .map((folder) => folder.replaceAll('\\', '/'))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
    .map((folder) => ({ folder, manifest: readManifest(join(root, folder)) }))
    .filter(({ manifest }) => manifest.private !== true)
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}
