// The maintenance processes of a process, by Linux's own account: also those that nobody remembers.
import { readdirSync, readFileSync } from 'node:fs'
import { turns } from '../../../core/test/support/outcome.ts'

/** Whether they can be counted here at all. */
export const canCountChildren = process.platform === 'linux'

/** Process ids, without those that have ended and only wait to be asked how. */
export function maintenanceChildren(parent: number = process.pid): number[] {
  if (!canCountChildren) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isRunning(pid, parent))
}

/** The first one, once it is there. */
export async function maintenanceChild(parent: number = process.pid): Promise<number> {
  for (;;) {
    const [pid] = maintenanceChildren(parent)
    if (pid !== undefined) return pid
    await turns(1)
  }
}

/** Kills one, and resolves when it has gone. */
export async function killMaintenanceChild(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  while (isRunning(pid)) await turns(1)
}

/** Whether `pid` is a maintenance process; of `parent`, if that is given. */
export function isRunning(pid: number, parent?: number): boolean {
  try {
    const [state, itsParent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    if (state === 'Z' || (parent !== undefined && itsParent !== String(parent))) return false
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('maintenance-child')
  } catch {
    return false
  }
}
