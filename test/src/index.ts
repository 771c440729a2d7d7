/** @upkeep/conformance: the suite that every Upkeep backend passes. */
export { type Client, ClientError, connectClient } from './client/client.ts'
export type { ClientPort, ClientRequest, ClientResponse } from './client/client-port.ts'
export { serveClient } from './client/serve-client.ts'
export type {
  ClientProcess,
  FileChange,
  Harness,
  ProbeRow,
  TestBackups,
  TestDatabase,
  TestFiles,
  TestStoreOptions,
} from './suite/harness.ts'
export { createJumpingClock, createManualClock, type ManualClock } from './suite/manual-clock.ts'
export type { Expectation, TestRunner } from './suite/runner.ts'
export { type TestStoreSuiteOptions, testStore } from './test-store.ts'
export { TOPIC_NAMES, type TopicName } from './topics.ts'
