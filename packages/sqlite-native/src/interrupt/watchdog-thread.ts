/**
 * The thread behind the watchdog: looks every few milliseconds at what is armed, and interrupts what is over its limit,
 * again and again until it has returned. Sleeps while nothing runs. Not for import.
 */
import { workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { tellLoaded } from '../workers/loading-threads.ts'
import { fire, isEnded, limitMsOf, lookAt, pause, sleep, usedGuards } from './guard-words.ts'
import { openInterruptControl } from './interrupt-control.ts'
import type { WatchdogData } from './watchdog.ts'

/** How often it looks: by so much a limit may be late. */
const POLL_MS = 5
/** How soon an interrupt is repeated: one that comes before the statement has begun is lost. */
const REPEAT_MS = 2
/** How long nothing may run before it sleeps. */
const IDLE_MS = 100

const { words, libraryPath, loadedBuffer } = workerData as WatchdogData
// The same file as that of the thread it watches, so that it is one SQLite.
const control = openInterruptControl(Database, libraryPath)
tellLoaded(loadedBuffer)
const interrupt = (token: string): void => void control.interrupt(token)

/** Of each guard: the statement that was seen last, and when it was seen first. */
const seenKeys: number[] = []
const seenMs: number[] = []
let activeMs = performance.now()

/** Looks at each guard once; answers how long to wait before the next time. */
function runOnce(): number {
  const nowMs = performance.now()
  let waitMs = POLL_MS
  for (let index = 0; index < usedGuards(words); index++) {
    const { key, isArmed } = lookAt(words, index)
    if (key !== seenKeys[index]) {
      seenKeys[index] = key
      seenMs[index] = nowMs
      activeMs = nowMs
    }
    if (!isArmed) continue
    activeMs = nowMs
    const leftMs = (seenMs[index] ?? nowMs) + limitMsOf(words, index) - nowMs
    if (leftMs <= 0) fire(words, index, key, interrupt)
    waitMs = Math.min(waitMs, leftMs <= 0 ? REPEAT_MS : leftMs)
  }
  return waitMs
}

while (!isEnded(words)) {
  const waitMs = runOnce()
  if (performance.now() - activeMs < IDLE_MS) {
    pause(words, waitMs)
  } else {
    sleep(words)
    activeMs = performance.now()
  }
}
control.close()
