/**
 * A thread of a process that reads: ends it when the process that has started it has gone, also while it is in SQLite
 * and hears of nothing itself. Not for import.
 *
 * Nobody ever writes to its stdin; whoever has the other end is gone when that is at its end.
 */
import { Socket } from 'node:net'
import { endProcess } from './end-process.ts'

new Socket({ fd: 0, readable: true, writable: false })
  .on('error', () => undefined)
  .on('close', endProcess)
  .resume()
