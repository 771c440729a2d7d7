// Maintenance over an engine that is none: the steps are what the test says.
import type {
  Engine,
  MaintenanceRun,
  MaintenanceStepName,
  MaintenanceStepResult,
  StoreLog,
  TaskStore,
} from '@upkeep/core'
import { MaintenanceRunner } from '../../dist/maintenance/maintenance-runner.js'
import { createManualClock, type ManualClock } from './manual-clock.ts'

export type Step = (run: MaintenanceRun) => MaintenanceStepResult | Promise<MaintenanceStepResult>

export const DONE: Step = () => ({ status: 'done' })

export interface FakeMaintenance {
  readonly runner: MaintenanceRunner
  readonly clock: ManualClock
  /** The runs that the engine was asked for. */
  readonly opened: MaintenanceRun[]
  /** The steps that ran, and `close`. */
  readonly calls: string[]
  readonly warnings: string[]
}

export function createFakeMaintenance(
  steps: Partial<Record<MaintenanceStepName, Step>>,
  skip?: string,
): FakeMaintenance {
  const clock = createManualClock()
  const opened: MaintenanceRun[] = []
  const calls: string[] = []
  const warnings: string[] = []
  const logger: StoreLog = {
    warn: (message) => void warnings.push(message),
    error: (message) => void warnings.push(message),
  }
  const names = Object.keys(steps) as MaintenanceStepName[]
  const engine = {
    name: 'fake',
    capabilities: { writable: true, vacuum: 'process', writeAheadLog: true, incrementalReclaim: true },
    openMaintenance: async (run: MaintenanceRun) => {
      opened.push(run)
      return {
        skip,
        plan: async () => ({ mode: run.mode, steps: names.map((name) => ({ name, run: true, reason: 'because' })) }),
        remember: (key: string) => void calls.push(`remember ${key}`),
        run: async (name: MaintenanceStepName) => {
          calls.push(name)
          return (steps[name] as Step)(run)
        },
        close: async () => void calls.push('close'),
      }
    },
  } as unknown as Engine
  return { clock, opened, calls, warnings, runner: new MaintenanceRunner(engine, clock, logger, {} as TaskStore<any>) }
}
