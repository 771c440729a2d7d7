/**
 * The temporary folder of a run and the processes that work in it. The bench itself opens no database: it copies files
 * that nobody has open and looks at sizes.
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { databaseFolder } from '../machine.ts'
import type { CrowdProtocol, HostProtocol, ProbeProtocol } from './protocols.ts'
import { settleDisk } from './shell-vacuum.ts'

/** See the module. */
export interface Workshop {
  /** The database every scenario starts from a copy of: half of it deleted, closed. */
  readonly basePath: string
  /** How many documents it was built with. */
  readonly documentCount: number
  /** A path in the folder. */
  path(name: string): string
  /** A fresh copy of the base; what was written before has reached the disk. */
  copyBase(name: string): string
  remove(path: string): void
}

/** Makes the folder; it is removed when the bench ends, whatever way it ends. */
export function createWorkshop(documentCount: number): Workshop {
  const folder = mkdtempSync(join(databaseFolder(), 'upkeep-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const interrupt = (): never => process.exit(130)
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)

  const path = (name: string): string => join(folder, name)
  const basePath = path('base.db')
  return {
    basePath,
    documentCount,
    path,
    copyBase: (name) => {
      copyFileSync(basePath, path(name))
      settleDisk()
      return path(name)
    },
    remove: (target) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(target + suffix, { force: true })
    },
  }
}

/** A process with a store. */
export function startHost(): Promise<Child<HostProtocol>> {
  return Child.start<HostProtocol>({ name: 'store', script: join(import.meta.dirname, 'host.ts') })
}

/** A process with a plain connection. */
export function startProbe(): Promise<Child<ProbeProtocol>> {
  return Child.start<ProbeProtocol>({ name: 'probe', script: join(import.meta.dirname, 'probe.ts') })
}

/** One of many processes with a store. */
export function startCrowdMember(name: string): Promise<Child<CrowdProtocol>> {
  return Child.start<CrowdProtocol>({ name, script: join(import.meta.dirname, 'crowd-member.ts') })
}

/** Size of the write-ahead log; `stat` alone is safe beside open databases. */
export function walSizeBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

/** Size of the database file. */
export function fileSizeBytes(path: string): number {
  return statSync(path).size
}

/** A line of progress. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
