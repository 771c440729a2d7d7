import { describe, expect, it } from 'vitest'
import { testStore } from '../src/index.ts'
import { resolveRun } from './runs.ts'

const { harness } = await resolveRun('sqlite-wasm/node')

testStore({ describe, it, expect }, harness)
