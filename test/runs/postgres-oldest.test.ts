import { describe, expect, it } from 'vitest'
import { testStore } from '../src/index.ts'
import { resolveRun } from './runs.ts'

const { harness } = await resolveRun('postgres/oldest')

testStore({ describe, it, expect }, harness)
