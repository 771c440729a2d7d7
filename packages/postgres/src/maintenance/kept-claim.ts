/**
 * Keeps a lease for as long as the run goes on, on the second connection: the first is busy with statements that are long.
 *
 * Lost is a lease that another one has taken, or that could not be renewed for its whole time: then nobody may act on it.
 */
import type { MaintainerHold } from './maintainer-lock.ts'
import type { MaintenanceScope } from './maintenance-scope.ts'

/** How often it is renewed within its time. */
const RENEWALS = 4

export class KeptClaim {
  readonly #hold: MaintainerHold
  readonly #scope: MaintenanceScope
  readonly #lost: () => void
  #timer: unknown
  #renewedMs: number
  #flight: Promise<void> = Promise.resolve()
  #isOver = false

  /** `lost` is called once. */
  constructor(hold: MaintainerHold, scope: MaintenanceScope, lost: () => void) {
    this.#hold = hold
    this.#scope = scope
    this.#lost = lost
    this.#renewedMs = scope.clock.monotonicMs()
    this.#again()
  }

  async end(): Promise<void> {
    this.#isOver = true
    this.#scope.clock.clearTimer(this.#timer)
    await this.#flight
  }

  #again(): void {
    const { clock, options } = this.#scope
    this.#timer = clock.setTimer(
      () => {
        this.#flight = this.#renew().then((isOurs) => {
          if (this.#isOver) return
          if (isOurs) this.#again()
          else {
            this.#isOver = true
            this.#scope.log.warn('another maintainer has taken over: the lease was lost')
            this.#lost()
          }
        })
      },
      options.leaseMs / RENEWALS,
      true,
    )
  }

  /** Never rejects. */
  async #renew(): Promise<boolean> {
    const { clock, options } = this.#scope
    const triedMs = clock.monotonicMs()
    try {
      if (!(await this.#hold.renew(await this.#scope.watch()))) return false
      this.#renewedMs = triedMs
      return true
    } catch {
      return clock.monotonicMs() - this.#renewedMs < options.leaseMs
    }
  }
}
