/**
 * The other side of {@link RemoteEngine}: has an engine next to its database, and does with it what it is asked for.
 *
 * It decides nothing. Which statements wait for which, and what an abort means, is the engine's.
 */

import { assertNotAborted } from '../abort/abort-error.ts'
import { systemClock } from '../abort/system-clock.ts'
import type { Engine, MaintenanceRun, MaintenanceSession } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { HealthLimits } from '../contract/health.ts'
import type { LogFields, StoreLog } from '../contract/log.ts'
import type { MaintenanceStepName } from '../contract/maintenance-steps.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import type { Channel } from './channel.ts'
import type {
  CallContext,
  CommitNote,
  EngineIdentity,
  ExecuteArgument,
  MaintenanceArgument,
  OwnArgument,
  PlainQuery,
  ProgressNote,
  ResultAnswer,
  StatsNote,
} from './engine-calls.ts'
import { HostContext, HostContexts } from './host-context.ts'
import { createRemoteClock } from './remote-clock.ts'
import { type HostCall, type RemoteHandlers, serveRemote } from './remote-host.ts'
import { sendRows } from './send-rows.ts'
import { SessionHost, toCompiled } from './session-host.ts'
import { type Notes, splitChannel } from './side-channel.ts'

/** What the engine is opened with besides what the other side says. */
export interface HostRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal: AbortSignal
}

/** With the call that opens the engine. */
export interface OpenArgument {
  /** Whether the other side has a clock of its own. */
  readonly hasClock: boolean
  /** The backend's own. */
  readonly options: unknown
}

/** What a backend can be asked for besides what all engines can, by name. */
export type OwnCalls = Readonly<Record<string, OwnCall>>

/** `tell` sends how far it is, and waits where the other side does not keep up. What it throws is the answer too. */
export type OwnCall = (
  engine: Engine,
  argument: any,
  ctx: HostContext,
  tell: (progress: unknown) => Promise<unknown>,
) => Promise<unknown>

/** Serves the engine that `open` opens when it is asked to, and `own`, which {@link RemoteEngine.askOwn} asks for. */
export function serveEngine(
  channel: Channel,
  open: (options: any, runtime: HostRuntime) => Promise<Engine>,
  own: OwnCalls = {},
): void {
  const { calls, notes } = splitChannel(channel, () => host.tellStats())
  const host = new EngineHost(notes, open, own)
  serveRemote(calls, host.handlers, (error) => {
    const failure = asStoreError(error)
    // Both sides are one application: unlike a log, this one may hear what a trigger of its own has said.
    notes.send('said', failure.cause instanceof Error ? failure.cause.message : undefined)
    return failure
  })
  channel.onGone(() => void host.close().catch(() => undefined))
}

/** In milliseconds: what is shorter has not kept much waiting. */
const HELD_MS = 2

class EngineHost {
  readonly #notes: Notes
  readonly #open: (options: any, runtime: HostRuntime) => Promise<Engine>
  readonly #ownCalls: OwnCalls
  readonly #contexts: HostContexts
  readonly #locks = new Map<number, AsyncDisposable>()
  readonly #runs = new Map<number, { readonly session: MaintenanceSession; readonly context: HostContext }>()
  readonly #sessions: SessionHost
  readonly #remoteClock: Clock
  readonly handlers: RemoteHandlers
  #clock: Clock = systemClock
  /** Set after a statement that has held the thread. */
  #catchUp: Promise<void> | undefined
  #engine: Engine | undefined
  #resetCount = 0
  #stopHearing: (() => void) | undefined

  constructor(notes: Notes, open: (options: any, runtime: HostRuntime) => Promise<Engine>, own: OwnCalls) {
    this.#notes = notes
    this.#open = open
    this.#ownCalls = own
    this.#contexts = new HostContexts(notes, 'abort')
    this.#remoteClock = createRemoteClock(notes)
    this.#sessions = new SessionHost(() => this.#opened, this.#contexts, notes)
    this.handlers = { ...this.#own, ...this.#sessions.handlers }
    notes.on('remember', ({ id, key, value }) => this.#runs.get(id)?.session.remember(key, value))
    notes.on('hearCommits', (isHeard: boolean) => this.#hearCommits(isHeard))
    notes.on('resetStats', (resetCount: number) => {
      this.#resetCount = resetCount
      this.#engine?.resetStats()
    })
  }

  readonly #own: RemoteHandlers = {
    open: (argument: OpenArgument, call: HostCall) => this.#openEngine(argument, call),
    executeAlone: (argument: ExecuteArgument, call: HostCall) => this.#execute(argument, call),
    lockMigrations: (argument: CallContext & { readonly id: number }, call: HostCall) =>
      this.#under(argument, call, async (engine, ctx) => {
        this.#locks.set(argument.id, await engine.lockMigrations(ctx))
      }),
    unlockMigrations: async ({ id }: { readonly id: number }) => {
      const lock = this.#locks.get(id)
      this.#locks.delete(id)
      await lock?.[Symbol.asyncDispose]()
    },
    openMaintenance: (argument: MaintenanceArgument & { readonly id: number }, call: HostCall) =>
      this.#openMaintenance(argument, call),
    planMaintenance: ({ id }: { readonly id: number }, call: HostCall) =>
      this.#onRun(id, {}, call, (run) => run.plan()),
    runMaintenance: (
      argument: CallContext & { readonly id: number; readonly step: MaintenanceStepName },
      call: HostCall,
    ) => this.#onRun(argument.id, argument, call, (run) => run.run(argument.step)),
    closeMaintenance: async ({ id }: { readonly id: number }) => {
      const run = this.#runs.get(id)
      this.#runs.delete(id)
      await run?.session.close()
    },
    recall: ({ key }: { readonly key: string }) => this.#opened.recall(key),
    ping: (argument: CallContext, call: HostCall) => this.#under(argument, call, (engine, ctx) => engine.ping(ctx)),
    health: (argument: CallContext & { readonly limits: HealthLimits }, call: HostCall) =>
      this.#under(argument, call, (engine, ctx) => engine.health(argument.limits, ctx)),
    explain: (argument: CallContext & { readonly query: PlainQuery }, call: HostCall) =>
      this.#under(argument, call, (engine, ctx) => engine.explain(toCompiled(argument.query), ctx)),
    own: (argument: OwnArgument, call: HostCall) => this.#callOwn(argument, call),
    close: () => this.close(),
  }

  /** Commits are told only where somebody wants to hear of them: each is a message. */
  #hearCommits(isHeard: boolean): void {
    this.#stopHearing?.()
    this.#stopHearing = isHeard
      ? this.#engine?.onChange?.((tables) => this.#notes.send('commit', { tables } satisfies CommitNote))
      : undefined
  }

  /** Before each answer goes out, so that whoever has it finds counted what it was for. */
  tellStats(): void {
    if (this.#engine === undefined) return
    this.#notes.send('stats', { stats: this.#engine.stats(), resetCount: this.#resetCount } satisfies StatsNote)
  }

  async close(): Promise<unknown> {
    if (this.#engine === undefined) return {}
    await this.#sessions.releaseAll()
    this.#hearCommits(false)
    const engine = this.#engine
    this.#engine = undefined
    return (await engine?.close()) ?? {}
  }

  get #opened(): Engine {
    if (this.#engine === undefined) throw new StoreError('CLOSED', 'the engine is closed', { operation: 'query' })
    return this.#engine
  }

  async #openEngine({ hasClock, options }: OpenArgument, call: HostCall): Promise<EngineIdentity> {
    const { signal } = this.#contexts.open(call.id, {})
    try {
      this.#clock = hasClock ? this.#remoteClock : systemClock
      this.#resetCount = 0
      const engine = await this.#open(options, { clock: this.#clock, log: this.#log, signal })
      this.#engine = engine
      const { name, location, capabilities, foreignKeys } = engine
      return { name, location, capabilities, hasForeignKeys: foreignKeys !== undefined }
    } finally {
      this.#contexts.close(call.id)
    }
  }

  async #execute(argument: ExecuteArgument, call: HostCall): Promise<ResultAnswer> {
    const query = toCompiled(argument.query)
    const { rows, numAffectedRows, insertId } = await this.#under(argument, call, (engine, ctx) =>
      engine.execute(query, ctx),
    )
    return { numAffectedRows, insertId, last: await sendRows(rows, call) }
  }

  #callOwn(argument: OwnArgument, call: HostCall): Promise<unknown> {
    const own = this.#ownCalls[argument.name]
    if (own === undefined) throw new TypeError(`there is no ${argument.name} here`)
    return this.#under(argument, call, (engine, ctx) =>
      own(engine, argument.argument, ctx, (progress) => call.send(progress)),
    )
  }

  async #openMaintenance(
    argument: MaintenanceArgument & { readonly id: number },
    call: HostCall,
  ): Promise<{ readonly skip: string | undefined }> {
    const { id, run, budgetMs } = argument
    const untilMs = this.#clock.monotonicMs() + budgetMs
    // What it runs is stopped by whichever of its calls is under way.
    const context = new HostContext({})
    const whole: MaintenanceRun = Object.assign(context, {
      ...run,
      budgetLeftMs: () => untilMs - this.#clock.monotonicMs(),
      progress: (...progress: ProgressNote['progress']) =>
        this.#notes.send('progress', { run: id, progress } satisfies ProgressNote),
    })
    const session = await this.#under(argument, call, (engine) => engine.openMaintenance(whole), context)
    this.#runs.set(id, { session, context })
    return { skip: session.skip }
  }

  #onRun<T>(
    id: number,
    argument: CallContext,
    call: HostCall,
    work: (session: MaintenanceSession) => Promise<T>,
  ): Promise<T> {
    const run = this.#runs.get(id)
    if (run === undefined) {
      throw new StoreError('CLOSED', 'the maintenance run is over', { operation: 'maintenance' })
    }
    return this.#under(argument, call, () => work(run.session), run.context)
  }

  async #under<T>(
    argument: CallContext,
    call: HostCall,
    work: (engine: Engine, ctx: HostContext) => T | Promise<T>,
    context: HostContext = new HostContext(argument),
  ): Promise<T> {
    this.#contexts.adopt(call.id, argument, context)
    try {
      if (this.#catchUp !== undefined) {
        await this.#catchUp
        assertNotAborted(context.signal, 'query')
      }
      const engine = this.#opened
      const startedMs = performance.now()
      const answer = this.#sessions.inScope(argument.scope, () => work(engine, context))
      if (performance.now() - startedMs > HELD_MS) this.#catchUp ??= this.#turn()
      return answer instanceof Promise ? await this.#awaited(answer) : answer
    } finally {
      this.#contexts.close(call.id)
    }
  }

  /**
   * What has come while a statement held the thread is taken in before the next one begins: it may be the abort of that.
   * All that begins meanwhile waits for it, so that their order stays.
   */
  async #turn(): Promise<void> {
    await yieldToLoop()
    this.#catchUp = undefined
  }

  /** Who waits is counted, and may be looked for before there is an answer. */
  async #awaited<T>(answer: Promise<T>): Promise<T> {
    let isSettled = false
    void yieldToLoop().then(() => {
      if (!isSettled) this.tellStats()
    })
    try {
      return await answer
    } finally {
      isSettled = true
    }
  }

  get #log(): StoreLog {
    const tell =
      (level: 'debug' | 'info' | 'warn' | 'error') =>
      (message: string, fields?: LogFields): void =>
        this.#notes.send('log', { level, message, fields })
    return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
  }
}

function asStoreError(error: unknown): StoreError {
  if (isStoreError(error)) return error
  return new StoreError('UNKNOWN', 'the engine failed', { operation: 'query', cause: error })
}
