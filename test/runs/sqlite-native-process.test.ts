// The topics that say where statements run and what stops them. All others take the same ways as on sqlite-native/file.
import { describe, expect, it } from 'vitest'
import { testStore } from '../src/index.ts'
import { resolveRun } from './runs.ts'

const { harness } = await resolveRun('sqlite-native/process')

testStore({ describe, it, expect }, harness, {
  topics: ['cancellation', 'longStatements', 'workerTransactions'],
})
