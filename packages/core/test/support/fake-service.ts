// A maintenance service over a store that is none, without chance and without a checkpoint loop unless asked for.
import { createMaintenanceService, type MaintenanceService, type MaintenanceServiceOptions } from '@upkeep/core'
import { createFakeStore, type FakeStore } from './fake-store.ts'

export interface FakeService {
  readonly fake: FakeStore
  readonly service: MaintenanceService
}

export function createFakeService(
  options: Partial<MaintenanceServiceOptions<any>> = {},
  capabilities: object = {},
): FakeService {
  const fake = createFakeStore(capabilities)
  const { store, clock, logger } = fake
  const jitter = options.schedule === undefined ? 0 : undefined
  const service = createMaintenanceService({ store, clock, logger, jitter, checkpoint: false, ...options })
  return { fake, service }
}
