// A table of which nothing is remarkable, but for what a test says.
import type { TableFacts } from '../../src/maintenance/table-stats.ts'

export function tableFacts(facts: Partial<TableFacts> = {}): TableFacts {
  return {
    oid: 16_384,
    schema: 'public',
    name: 'plain',
    isPartitioned: false,
    pageCount: 1,
    liveTuples: 0,
    deadTuples: 0,
    insertedTuples: 0,
    modifiedTuples: 0,
    hasStatistics: true,
    xidAge: 0,
    multixactAge: 0,
    options: {},
    canMaintain: true,
    vacuumingPid: undefined,
    vacuumCount: 0,
    analyzeCount: 0,
    isCounted: true,
    fileNode: 1,
    ...facts,
  }
}
