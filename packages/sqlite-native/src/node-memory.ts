/** The memory of this process: what it takes, and giving back what the C library keeps of it. */
import type { SqliteMemory } from '@upkeep/core/sqlite'
import type { InterruptLibrary } from './interrupt/interrupt-library.ts'

/** Without the library nothing can ask the C library. */
export function nodeMemory(library: InterruptLibrary | undefined): SqliteMemory {
  return {
    residentBytes: () => process.memoryUsage.rss(),
    trim: () => {
      if (library === undefined) return undefined
      const control = library.openControl()
      try {
        return control.trim()
      } finally {
        control.close()
      }
    },
  }
}
