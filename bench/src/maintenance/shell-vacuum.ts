/**
 * What a plain `VACUUM` of the same database takes: in the sqlite3 shell where it is installed, else in a process with
 * better-sqlite3. Its database is a copy of its own, and it has the machine for itself.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../child.ts'
import type { ProbeProtocol } from './protocols.ts'

/** How it was done, and how long it took. */
export interface PlainVacuum {
  readonly tool: string
  readonly elapsedMs: number
}

/** Lets what was written before reach the disk, so that it is not charged to what comes next. */
export function settleDisk(): void {
  spawnSync('sync')
}

function shellVersion(): string | undefined {
  const { status, stdout } = spawnSync('sqlite3', ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.split(' ')[0] : undefined
}

async function vacuumInProcess(path: string): Promise<number> {
  const probe = await Child.start<ProbeProtocol>({ name: 'vacuum', script: join(import.meta.dirname, 'probe.ts') })
  const { elapsedMs } = await probe.ask('vacuum', { path })
  await probe.stop()
  return elapsedMs
}

/** Runs one on a copy of the database, which is removed. */
export async function runPlainVacuum(basePath: string, copyPath: string): Promise<PlainVacuum> {
  copyFileSync(basePath, copyPath)
  settleDisk()
  const version = shellVersion()
  let elapsedMs: number
  if (version === undefined) {
    elapsedMs = await vacuumInProcess(copyPath)
  } else {
    const startedAt = performance.now()
    const { status, stderr } = spawnSync('sqlite3', [copyPath, 'VACUUM'], { encoding: 'utf8' })
    elapsedMs = performance.now() - startedAt
    if (status !== 0) throw new Error(`sqlite3: ${stderr}`)
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(copyPath + suffix, { force: true })
  return { tool: version === undefined ? 'better-sqlite3' : `sqlite3 shell ${version}`, elapsedMs }
}
