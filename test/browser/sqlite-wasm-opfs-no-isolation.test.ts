import { describe, expect, it } from 'vitest'
import { sqliteWasmOpfsNoIsolation } from '../runs/sqlite-wasm-opfs.ts'
import { testStore } from '../src/index.ts'
import { pageTopics } from './bounded-topics.ts'

it('the page has no shared memory', () => {
  expect((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated).toBe(false)
})

testStore({ describe, it, expect }, sqliteWasmOpfsNoIsolation.harness, { topics: pageTopics })
