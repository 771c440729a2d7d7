// Options of stores, of maintenance and of close: names that are none, values that are none, and that undefined is "not given". That a refused
// option has changed nothing on disk is tested with the backends.
import {
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  type Capabilities,
  HEALTH_DEFAULTS,
  HEALTH_LIMITS,
  MIGRATION_DEFAULTS,
  resolveStoreOptions,
  type StoreOptions,
  systemClock,
  TIMEOUT_DEFAULTS,
} from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { resolveMaintenanceOptions } from '../dist/maintenance/maintenance-options.js'
import { resolveMigrationOptions } from '../dist/migrate/migration-options.js'
import { resolveCloseOptions } from '../dist/open/close-options.js'
import { resolveHealthOptions } from '../dist/open/health-options.js'
import { codeOf, failureOf } from './support/outcome.ts'

const ALL: Capabilities = {
  cancellation: false,
  workers: false,
  vacuum: 'process',
  maintenance: 'process',
  singleMaintainer: 'file',
  concurrentReads: true,
  concurrentWrites: false,
  asyncContext: true,
  multiProcess: true,
  persistent: true,
  writable: true,
  writeAheadLog: true,
  checkpointer: false,
  incrementalReclaim: true,
  backup: false,
  reopen: false,
  changeNotice: false,
}
const NONE: Capabilities = { ...ALL, vacuum: false, writeAheadLog: false, incrementalReclaim: false }

const refused = async (work: () => unknown): Promise<void> => expect(await codeOf(work)).toBe('INVALID_ARGUMENT')

describe('maintenance', () => {
  it('has its defaults, whether an option is left out or undefined', () => {
    const defaults = {
      mode: 'auto',
      steps: undefined,
      tasks: [],
      integrity: 'off',
      dryRun: false,
      allowBlocking: false,
      maxWriteWaitMs: 250,
      budgetMs: Number.POSITIVE_INFINITY,
    }
    expect(resolveMaintenanceOptions({}, ALL)).toEqual(defaults)
    const undefinedOnes = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]))
    expect(resolveMaintenanceOptions({ ...undefinedOnes, signal: undefined, timeoutMs: undefined }, ALL)).toEqual(
      defaults,
    )
  })

  it.each([
    { modus: 'auto' },
    { Mode: 'auto' },
    { mode: 'deep' },
    { mode: null },
    { integrity: true },
    { integrity: 'on' },
    { dryRun: 1 },
    { dryRun: 'no' },
    { allowBlocking: 'yes' },
    { budgetMs: -1 },
    { budgetMs: Number.NaN },
    { budgetMs: '5' },
    { budgetMs: Number.POSITIVE_INFINITY },
    { maxWriteWaitMs: -1 },
    { maxWriteWaitMs: true },
    { maxWriteWaitMs: '250' },
    { maxWriteWaitMs: null },
    { onProgress: 'log' },
    { onBegin: {} },
    { steps: [] },
    { steps: 'vacuum' },
    { steps: ['Vacuum'] },
    { steps: ['inspect', 'defragment'] },
    { steps: [undefined] },
    { timeoutMs: -1 },
    { signal: {} },
    null,
    'full',
  ])('%j', (ctx) => refused(() => resolveMaintenanceOptions(ctx as never, ALL)))

  it('a step that the backend has not is UNSUPPORTED, not skipped in silence', async () => {
    for (const step of ['vacuum', 'reclaim', 'checkpoint', 'finalCheckpoint'] as const) {
      expect(await codeOf(() => resolveMaintenanceOptions({ steps: ['inspect', step] }, NONE))).toBe('UNSUPPORTED')
      expect(resolveMaintenanceOptions({ steps: [step] }, ALL).steps).toEqual([step])
    }
    expect(resolveMaintenanceOptions({ mode: 'full' }, NONE).mode).toBe('full')
  })

  it('no limit for waiting writers is said with false', () => {
    expect(resolveMaintenanceOptions({ maxWriteWaitMs: false }, ALL).maxWriteWaitMs).toBe(false)
    expect(resolveMaintenanceOptions({ maxWriteWaitMs: 0 }, ALL).maxWriteWaitMs).toBe(0)
  })
})

describe('close', () => {
  it('has its defaults, whether an option is left out or undefined', () => {
    const defaults = { drainMs: 5000, maintenanceOnClose: 'auto', budgetMs: 5000 }
    expect(resolveCloseOptions({})).toMatchObject(defaults)
    expect(
      resolveCloseOptions({ drainMs: undefined, maintenanceOnClose: undefined, budgetMs: undefined }),
    ).toMatchObject(defaults)
    expect(resolveCloseOptions({ maintenanceOnClose: false, drainMs: 0 })).toMatchObject({
      maintenanceOnClose: false,
      drainMs: 0,
    })
  })

  it.each([
    { drain: 5 },
    { drainMS: 5 },
    { drainMs: -1 },
    { drainMs: '5' },
    { budgetMs: Number.NaN },
    { maintenanceOnClose: true },
    { maintenanceOnClose: 'deep' },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { signal: 5 },
    null,
  ])('%j', (ctx) => refused(() => resolveCloseOptions(ctx as never)))
})

describe('health', () => {
  it('has its defaults, whether an option is left out or undefined', () => {
    const undefinedLimits = Object.fromEntries(Object.keys(HEALTH_LIMITS).map((name) => [name, undefined]))
    for (const options of [
      {},
      { cacheMs: undefined, timeoutMs: undefined, limits: undefined },
      { limits: {} },
      { limits: undefinedLimits },
    ]) {
      expect(resolveHealthOptions(options)).toEqual({ cacheMs: 5000, timeoutMs: 5000, limits: HEALTH_LIMITS })
    }
    expect([HEALTH_DEFAULTS, HEALTH_LIMITS].every(Object.isFrozen)).toBe(true)
  })

  it('takes what is given, and leaves the rest', () => {
    const limits = { walSizeBytes: 0, freelistRatio: 1 }
    const resolved = resolveHealthOptions({ cacheMs: false, timeoutMs: 10, limits })
    expect(resolved).toEqual({ cacheMs: false, timeoutMs: 10, limits: { ...HEALTH_LIMITS, ...limits } })
  })

  it.each([
    { cacheMS: 5 },
    { fresh: true },
    { cacheMs: 0 },
    { cacheMs: true },
    { cacheMs: '5' },
    { cacheMs: Number.POSITIVE_INFINITY },
    { timeoutMs: 0 },
    { timeoutMs: false },
    { timeoutMs: Number.NaN },
    { limits: null },
    { limits: 5 },
    { limits: { wal: 5 } },
    { limits: { latencyMs: -1 } },
    { limits: { latencyMs: false } },
    { limits: { walSizeBytes: 1.5 } },
    { limits: { diskFreeBytes: -1 } },
    { limits: { freelistRatio: 25 } },
    { limits: { maintenanceAgeMs: Number.POSITIVE_INFINITY } },
    { limits: { maintenanceAgeMs: '7 days' } },
    null,
    false,
  ])('%j', (options) => refused(() => resolveHealthOptions(options as never)))
})

describe('stores', () => {
  it('have their defaults', () => {
    const { logger, ...others } = resolveStoreOptions({})
    expect(Object.keys(logger).sort()).toEqual(['debug', 'error', 'info', 'warn'])
    expect(others).toEqual({
      plugins: [],
      log: undefined,
      close: {},
      clock: systemClock,
      health: HEALTH_DEFAULTS,
      timeouts: TIMEOUT_DEFAULTS,
    })
  })

  it('tell nobody of slow queries unless they are asked to, and then from 100 ms on', () => {
    const onSlowQuery = (): void => undefined
    expect(resolveStoreOptions({}).slowQueries).toBe(undefined)
    for (const thresholdMs of [undefined, 100]) {
      const { slowQueries } = resolveStoreOptions({ slowQueries: { thresholdMs, onSlowQuery } })
      expect(slowQueries).toEqual({ thresholdMs: 100, onSlowQuery })
    }
    expect(resolveStoreOptions({ slowQueries: { thresholdMs: 0, onSlowQuery } }).slowQueries?.thresholdMs).toBe(0)
  })

  it.each<[string, object]>([
    ['plugins', { plugins: [undefined] }],
    ['plugins', { plugins: [class {}] }],
    ['log', { log: 'query' }],
    ['log', { log: ['query', 'warn'] }],
    ['log', { log: {} }],
    ['logger', { logger: null }],
    ['logger', { logger: { warn: () => undefined } }],
    ['clock', { clock: Date }],
    ['close', { close: { budget: 5 } }],
    ['close', { close: false }],
    ['health', { health: { cache: 5 } }],
    ['health', { health: null }],
    ['slowQueries', { slowQueries: null }],
    ['slowQueries', { slowQueries: true }],
    ['slowQueries', { slowQueries: () => undefined }],
    ['slowQueries', { slowQueries: {} }],
    ['slowQueries', { slowQueries: { thresholdMs: 5 } }],
    ['slowQueries', { slowQueries: { onSlowQuery: 'log' } }],
    ['slowQueries', { slowQueries: { onSlowQuery: () => undefined, thresholdMs: -1 } }],
    ['slowQueries', { slowQueries: { onSlowQuery: () => undefined, thresholdMs: Number.POSITIVE_INFINITY } }],
    ['slowQueries', { slowQueries: { onSlowQuery: () => undefined, treshold: 5 } }],
    ['migrations', { migrations: { provider: {} } }],
    ['onOpen', { onOpen: null }],
  ])('%s', (_name, options) => refused(() => resolveStoreOptions(options as StoreOptions)))
})

describe('migrations', () => {
  const provider = { getMigrations: async () => ({}) }

  it('have their defaults', () => {
    const defaults = { ...MIGRATION_DEFAULTS, provider, schema: undefined }
    expect(defaults).toMatchObject({ foreignKeys: 'check', migrationTableName: 'kysely_migration' })
    expect(resolveMigrationOptions(provider, {})).toEqual(defaults)
    const none = { foreignKeys: undefined, schema: undefined, migrationTableName: undefined }
    expect(resolveMigrationOptions(provider, { ...none, allowUnorderedMigrations: undefined })).toEqual(defaults)
  })

  it.each([
    { foreignKeys: false },
    { migrationTableName: '' },
    { migrationTableName: 5 },
    { allowUnorderedMigrations: 'yes' },
    { schema: null },
    { schema: { a: 'id' } },
    { schema: { a: [''] } },
    { timeoutMs: -1 },
    { provider },
    null,
  ])('%j', (ctx) => refused(() => resolveMigrationOptions(provider, ctx as never)))
})

describe('the checks', () => {
  it('name the option and what there is instead', async () => {
    const error = await failureOf(() => assertKnownOptions({ tiemout: 5 }, ['timeout', 'signal'], 'query'))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', operation: 'query' })
    expect(error.message).toMatch(/tiemout.*timeout, signal/)
  })

  it('an option that is undefined must exist too', () =>
    refused(() => assertKnownOptions({ x: undefined }, [], 'query')))

  it('numbers: both bounds count, and only numbers', async () => {
    assertNumberOption(0, 'n', 0, 10)
    assertNumberOption(10, 'n', 0, 10)
    for (const value of [-1, 11, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, null, undefined]) {
      await refused(() => assertNumberOption(value, 'n', 0, 10))
    }
  })

  it('choices are compared as they are', async () => {
    assertOneOf(false, 'x', ['a', false])
    for (const value of ['A', '', 0, null, undefined, 'false'])
      await refused(() => assertOneOf(value, 'x', ['a', false]))
  })
})
