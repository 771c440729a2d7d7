// A store that is none: what maintenance() does is what the test says, and what it was asked is kept.
import {
  type Capabilities,
  type MaintenanceContext,
  type MaintenanceReport,
  type Store,
  type StoreAttachment,
  StoreError,
  type StoreStatus,
} from '@upkeep/core'
import { createManualClock, type ManualClock } from './manual-clock.ts'

export type Maintain = (ctx: MaintenanceContext) => Promise<MaintenanceReport>

export interface FakeStore {
  readonly store: Store<any>
  readonly clock: ManualClock
  /** What maintenance() was called with. */
  readonly calls: MaintenanceContext[]
  readonly attachments: Set<StoreAttachment>
  readonly logged: { readonly message: string; readonly fields: unknown }[]
  readonly logger: { warn(message: string, fields?: unknown): void; error(): void }
  maintain: Maintain
  lastMaintenance: () => Promise<Date | undefined>
  walSizeBytes: number | undefined
  status: StoreStatus
}

export function report(more: Partial<MaintenanceReport> = {}): MaintenanceReport {
  return {
    backend: 'fake',
    startedAt: new Date(0),
    durationMs: 0,
    outcome: 'ok',
    dryRun: false,
    mode: 'auto',
    tasks: [],
    steps: [],
    ...more,
  }
}

export function createFakeStore(capabilities: Partial<Capabilities> = {}): FakeStore {
  const clock = createManualClock()
  const calls: MaintenanceContext[] = []
  const attachments = new Set<StoreAttachment>()
  const logged: FakeStore['logged'] = []
  const fake: FakeStore = {
    clock,
    calls,
    attachments,
    logged,
    logger: { warn: (message, fields) => void logged.push({ message, fields }), error: () => undefined },
    maintain: async () => report(),
    lastMaintenance: async () => undefined,
    walSizeBytes: undefined,
    status: 'open',
    store: {
      name: 'fake',
      capabilities: {
        writable: true,
        writeAheadLog: true,
        incrementalReclaim: true,
        vacuum: 'process',
        ...capabilities,
      },
      get status() {
        return fake.status
      },
      maintenance: (ctx: MaintenanceContext) => {
        calls.push(ctx)
        return fake.maintain(ctx)
      },
      lastMaintenance: () => fake.lastMaintenance(),
      stats: () => ({ engine: { walSizeBytes: fake.walSizeBytes } }),
      attach(attachment: StoreAttachment) {
        if (fake.status !== 'open') throw new StoreError('CLOSED', 'closed')
        attachments.add(attachment)
        return () => void attachments.delete(attachment)
      },
    } as unknown as Store<any>,
  }
  return fake
}

/** Maintenance that goes on until its signal aborts. */
export const untilAborted: Maintain = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))

/** Maintenance that goes on until the test says. */
export function gated(): { readonly maintain: Maintain; finish(more?: Partial<MaintenanceReport>): void } {
  const { promise, resolve } = Promise.withResolvers<MaintenanceReport>()
  return { maintain: () => promise, finish: (more) => resolve(report(more)) }
}
