/** What this process has of the kernel: file descriptors and threads. On Linux alone. */
import { existsSync, readdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessCounts } from './protocols.ts'

const canCount = existsSync('/proc/self/task')
/** A thread that was told to end takes a moment. */
const PATIENCE_MS = 10_000
/** More than the thread pool of libuv has, which starts its threads when they are first needed. */
const AT_ONCE = 16

function countNow(): ProcessCounts {
  if (!canCount) return { fileDescriptors: -1, threads: -1 }
  return { fileDescriptors: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length }
}

/** The counts of a process that rests, and has all the threads that stay. */
export async function countAtRest(): Promise<ProcessCounts> {
  await Promise.all(Array.from({ length: AT_ONCE }, () => stat('.')))
  return countWhen((now, before) => now.threads === before.threads && now.fileDescriptors === before.fileDescriptors)
}

/** The counts once they are down at `goal`, or what they are if they do not get there. */
export function countBackAt(goal: ProcessCounts): Promise<ProcessCounts> {
  return countWhen((now) => now.threads <= goal.threads && now.fileDescriptors <= goal.fileDescriptors)
}

async function countWhen(isSo: (now: ProcessCounts, before: ProcessCounts) => boolean): Promise<ProcessCounts> {
  const untilMs = performance.now() + PATIENCE_MS
  let before = countNow()
  for (;;) {
    await sleep(100)
    const now = countNow()
    if (isSo(now, before) || performance.now() > untilMs) return now
    before = now
  }
}
