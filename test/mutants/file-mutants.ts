// Faults in what a store knows of its file.
import { type Mutant, SQLITE } from './mutant.ts'

export const FILE_MUTANTS: readonly Mutant[] = [
  {
    fault: 'the identity of the file is not checked before a write',
    file: `${SQLITE}/file-guard.js`,
    find: 'if (this.isDue || !this.#looks.isQuiet())',
    replace: 'if (false)',
    noticedBy: ['replaced', 'replaced by another database > a write is REPLACED'],
  },
  {
    fault: 'the identity of the file is not checked before a read',
    file: `${SQLITE}/file-guard.js`,
    find: 'if (this.isDue)',
    replace: 'if (false)',
    noticedBy: ['replaced', 'removed > a read notices within 100 ms'],
  },
  {
    fault: 'the time of change of the directory is not looked at',
    file: `${SQLITE}/file-looks.js`,
    find: 'return now !== undefined && now.ctimeMs === quiet.ctimeMs && isSame(now, quiet);',
    replace: 'return now !== undefined && isSame(now, quiet);',
    noticedBy: ['reopening', 'the very next write is REPLACED'],
  },
  {
    fault: 'the log of a file that was replaced is left for the new one',
    file: `${SQLITE}/file-looks.js`,
    find: 'if (isOurs || setAside === undefined)',
    replace: 'if (true)',
    noticedBy: ['replaced', 'replaced by another database > close() touches neither file'],
  },
  {
    fault: 'the writer is the last to close, whatever is in the place of its log',
    file: `${SQLITE}/connection-set.js`,
    find: "if (this.guard.closingState() === 'ours')",
    replace: 'if (true)',
    noticedBy: ['reopening', 'another one in its place: REPLACED'],
  },
  {
    fault: 'a file that became smaller is taken for one that was vacuumed',
    file: `${SQLITE}/file-guard.js`,
    find: 'if (looks.sizeBytes < (pageCount - uncopiedFrames) * pageSizeBytes)',
    replace: 'if (false)',
    noticedBy: ['reopening', 'a database that lacks the end of a large value'],
  },
  {
    fault: 'a transaction commits to a file that is gone',
    file: `${SQLITE}/sqlite-transaction.js`,
    find: "this.#set.guard.beforeWrite();\n        return this.#connection.control('COMMIT');",
    replace: "return this.#connection.control('COMMIT');",
    noticedBy: ['replaced', 'removed > a transaction that was open cannot commit'],
  },
]
