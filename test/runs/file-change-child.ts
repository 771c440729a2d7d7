// Changes the files of a database, for probe-process.ts. Opens none of them.
import { linkSync, renameSync, truncateSync, unlinkSync } from 'node:fs'
import type { FileChange } from '../src/suite/harness.ts'
import { serveProbe } from './serve-probe.ts'

serveProbe<readonly FileChange[]>(async (path, changes) => {
  for (const one of changes) {
    const from = `${path}${one.from}`
    switch (one.change) {
      case 'rename':
        renameSync(from, `${path}${one.to}`)
        break
      case 'link':
        linkSync(from, `${path}${one.to}`)
        break
      case 'remove':
        unlinkSync(from)
        break
      case 'truncate':
        truncateSync(from, one.sizeBytes)
    }
  }
  return []
})
