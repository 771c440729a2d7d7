/**
 * Keeps a migration from being run under tabs that have the database open with older code.
 *
 *   opened ──▶ present ──migrate()──▶ aside ──something is pending──▶ asking ──all others have gone──▶ alone
 *                 ▲                     │ nothing is                                                     │
 *                 └─────────────────────┴──────────────────── present again, and then not alone ◀────────┘
 *
 * Who is present has a Web Lock in common with all others, who is alone has it to itself. The browser gives it in the order
 * in which it is asked for: a tab that opens the database while another one asks comes after the migration, and whoever was
 * alone is present again before the next one is alone. Those that are present are told; what they do is their business.
 */
import { type Clock, errorLabel, StoreError, type StoreLog } from '@upkeep/core'
import { browser, type LockManager, type TabChannel } from './browser-scope.ts'
import { takeWebLock } from './web-lock.ts'

/** As long as a migrator waits for another one. */
const TIMEOUT_MS = 600_000

/** How often it is said anew: a tab may not have listened yet. */
const ASK_AGAIN_MS = 1000

/** All that is ever said on the channel: who asks the others to go. */
interface AskMessage {
  readonly asking: number
}

/** What a gate is made of. */
export interface VersionGateOptions {
  /** The name of the database. */
  readonly name: string
  /** In milliseconds: how long to wait at the opening for the migration of another tab. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: StoreLog
  /** Called when another tab waits for this one to close the database. @default a line in the log */
  readonly onVersionChange: (() => unknown) | undefined
  readonly signal?: AbortSignal | undefined
}

export class VersionGate {
  readonly #locks: LockManager
  readonly #lockName: string
  readonly #channel: TabChannel | undefined
  readonly #options: VersionGateOptions
  /** Gives back the lock of who is present. */
  #release: (() => void) | undefined
  #isReturning = false
  #asked: number | undefined
  #isAside = false
  #hasLeft = false

  private constructor(locks: LockManager, options: VersionGateOptions) {
    this.#locks = locks
    this.#options = options
    this.#lockName = `upkeep-version:${options.name}`
    this.#channel = browser.BroadcastChannel && new browser.BroadcastChannel(this.#lockName)
    this.#channel?.addEventListener('message', ({ data }) => {
      this.#onAsked((data as AskMessage).asking)
    })
  }

  /** Is present from here on. @throws BUSY while another tab migrates for too long, ABORTED, CONNECTION */
  static async enter(locks: LockManager, options: VersionGateOptions): Promise<VersionGate> {
    const gate = new VersionGate(locks, options)
    try {
      const { timeoutMs, clock, signal } = options
      const operation = 'open'
      gate.#release = await takeWebLock(locks, gate.#lockName, { mode: 'shared', timeoutMs, clock, signal, operation })
      if (gate.#release !== undefined) return gate
      throw new StoreError('BUSY', 'another tab migrates the database, or waits for it', { operation })
    } catch (error) {
      gate.leave()
      throw error
    }
  }

  /** Is in nobody's way until {@link comeBack}: whoever waits for the migrators' lock must not keep its holder waiting. */
  stepAside(): void {
    this.#isAside = true
    this.#release?.()
    this.#release = undefined
  }

  /** Is present again as soon as nobody is alone, and before anybody is who asks for it from now on. */
  comeBack(): void {
    if (this.#release !== undefined || this.#hasLeft) return
    this.#isAside = false
    if (!this.#isReturning) void this.#return()
  }

  /** Asks the others to go, and waits for it. @throws BUSY with how many have not, ABORTED, CONNECTION */
  async alone(signal: AbortSignal | undefined): Promise<AsyncDisposable> {
    this.stepAside()
    const { clock } = this.#options
    const operation = 'migrate'
    const request = { mode: 'exclusive', timeoutMs: TIMEOUT_MS, clock, signal, operation } as const
    const waiting = takeWebLock(this.#locks, this.#lockName, request)
    const stopAsking = this.#ask()
    const release = await waiting.finally(stopAsking)
    if (release === undefined) throw new StoreError('BUSY', await this.#whoIsLeft(), { operation })
    return {
      [Symbol.asyncDispose]: async () => {
        this.comeBack()
        release()
      },
    }
  }

  /** The database is closed. */
  leave(): void {
    this.#hasLeft = true
    this.stepAside()
    this.#channel?.close()
  }

  async #return(): Promise<void> {
    this.#isReturning = true
    const request = { mode: 'shared', timeoutMs: undefined, clock: this.#options.clock, operation: 'migrate' } as const
    const release = await takeWebLock(this.#locks, this.#lockName, request).catch(() => undefined)
    this.#isReturning = false
    // It may have stepped aside meanwhile, or have left.
    if (this.#isAside) release?.()
    else this.#release = release
  }

  /** Whoever opens the database from here on waits behind us. The answer ends it. */
  #ask(): () => void {
    const { clock } = this.#options
    const message: AskMessage = { asking: Math.random() }
    let timer: unknown
    const ask = (): void => {
      this.#channel?.postMessage(message)
      timer = clock.setTimer(ask, ASK_AGAIN_MS)
    }
    ask()
    return () => clock.clearTimer(timer)
  }

  /** Tells the application once, while it is in the way. */
  #onAsked(asking: number): void {
    if (this.#release === undefined || asking === this.#asked) return
    this.#asked = asking
    const { onVersionChange, log } = this.#options
    if (onVersionChange === undefined) {
      log.warn('another tab has migrations to run, and waits for this one to close the database')
      return
    }
    Promise.resolve()
      .then(onVersionChange)
      .catch((error) => log.warn('onVersionChange failed', { error: errorLabel(error) }))
  }

  async #whoIsLeft(): Promise<string> {
    const { held = [] } = await this.#locks.query()
    const count = held.filter(({ name, mode }) => name === this.#lockName && mode === 'shared').length
    return `migrations wait for other tabs to close the database, and ${count} have not`
  }
}
