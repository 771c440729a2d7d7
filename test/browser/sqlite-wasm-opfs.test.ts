import { describe, expect, it } from 'vitest'
import { sqliteWasmOpfs } from '../runs/sqlite-wasm-opfs.ts'
import { testStore } from '../src/index.ts'
import { stoppingTopics } from './bounded-topics.ts'

it('the page has shared memory', () => {
  expect((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated).toBe(true)
})

testStore({ describe, it, expect }, sqliteWasmOpfs.harness, { topics: stoppingTopics })
