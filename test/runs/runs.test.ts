import { describe, expect, it } from 'vitest'
import { type Harness, type TestRunner, TOPIC_NAMES, testStore } from '../src/index.ts'
import { resolveRun } from './runs.ts'

const runner: TestRunner = { describe: (_, register) => register(), it: () => undefined, expect }
const harness = { name: 'nobody', dialect: 'sqlite', capabilities: {} } as unknown as Harness

describe('a name that is none throws, so that a typo cannot select nothing', () => {
  it('of a run', async () => {
    await expect(resolveRun('sqlite-native/flie')).rejects.toThrow('sqlite-native/file')
  })

  it('of a topic', () => {
    expect(() => testStore(runner, harness, { topics: ['lifecylce' as 'lifecycle'] })).toThrow('lifecycle')
  })

  it('of a topic that belongs to another dialect', () => {
    const postgres = { ...harness, dialect: 'postgres' } as Harness
    expect(() => testStore(runner, postgres, { topics: ['firstError'] })).toThrow('firstError')
  })
})

it('a run names itself as the registry does', async () => {
  for (const name of [
    'node-sqlite',
    'postgres/direct',
    'postgres/oldest',
    'postgres/pgbouncer',
    'sqlite-native/file',
    'sqlite-native/memory',
    'sqlite-native/process',
    'sqlite-wasm/node',
  ]) {
    expect((await resolveRun(name)).harness.name).toBe(name)
  }
})

it('every topic has a name of its own', () => {
  expect(new Set(TOPIC_NAMES).size).toBe(TOPIC_NAMES.length)
})
