/** An engine whose migrations wait at a {@link VersionGate}. */
import type { Engine } from '@upkeep/core'
import type { VersionGate } from './version-gate.ts'

/** `engine`, which is in nobody's way while it waits to migrate, and alone while it does; `gate` is left with it. */
export function withVersionGate<T extends Engine>(engine: T, gate: VersionGate): T {
  const lock: Engine['lockMigrations'] = engine.lockMigrations.bind(engine)
  const close: Engine['close'] = engine.close.bind(engine)
  const lockMigrations: Engine['lockMigrations'] = async (ctx) => {
    gate.stepAside()
    try {
      const held = await lock(ctx)
      return {
        [Symbol.asyncDispose]: async () => {
          // Before the next one has the lock, so that it comes after us.
          gate.comeBack()
          await held[Symbol.asyncDispose]()
        },
      }
    } catch (error) {
      gate.comeBack()
      throw error
    }
  }
  return Object.defineProperties(engine, {
    lockMigrations: { value: lockMigrations },
    migrateAlone: { value: (({ signal }) => gate.alone(signal)) satisfies Engine['migrateAlone'] },
    close: { value: () => close().finally(() => gate.leave()) },
  })
}
