/**
 * Starts the process of a contender.
 */
import { join } from 'node:path'
import { Child } from '../child.ts'
import type { ContenderName } from '../contenders/registry.ts'
import { profilePath } from '../profile.ts'
import type { ContenderProtocol } from './messages.ts'

/** How to start one. */
export interface ContenderProcessOptions {
  readonly path: string
  readonly durability: 'normal' | 'full'
  /** Folder for a CPU profile of the process. @default no profile */
  readonly profileFolder?: string | undefined
}

/** A contender in its process. */
export interface ContenderProcess {
  readonly name: ContenderName
  readonly child: Child<ContenderProtocol>
}

/** See the module. */
export async function startContender(name: ContenderName, options: ContenderProcessOptions): Promise<ContenderProcess> {
  const { durability, path, profileFolder } = options
  const child = await Child.start<ContenderProtocol>({
    name: `contender ${name}`,
    script: join(import.meta.dirname, 'runner.ts'),
    args: [name, path, durability, ...(profileFolder === undefined ? [] : [profilePath(profileFolder, name)])],
  })
  return { name, child }
}
