/**
 * A SQLite engine on another thread: the store's side of it, with what Kysely needs here. The other side is
 * {@link serveEngine} with `openSqliteEngine`.
 */
import { SqliteIntrospector } from 'kysely'
import { systemClock } from '../abort/system-clock.ts'
import type { AsyncContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { LogFields, StoreLog } from '../contract/log.ts'
import type { CallStopper } from '../remote/call-signals.ts'
import type { Channel } from '../remote/channel.ts'
import { EngineCaller } from '../remote/engine-caller.ts'
import type { EngineIdentity } from '../remote/engine-calls.ts'
import type { OpenArgument } from '../remote/engine-host.ts'
import { RemoteClient } from '../remote/remote-client.ts'
import { serveClock } from '../remote/remote-clock.ts'
import { RemoteEngine } from '../remote/remote-engine.ts'
import { splitChannel } from '../remote/side-channel.ts'
import { bindParameters } from './bind-values.ts'
import { sqliteForeignKeys } from './foreign-keys.ts'
import { ConcurrentSqliteAdapter } from './sqlite-adapter.ts'
import { UpkeepSqliteCompiler } from './sqlite-compiler.ts'

/** Where the engine is, and what it is opened with. */
export interface RemoteSqliteOptions {
  readonly channel: Channel
  /** Lets go of the other side, whatever it does; `isClosed` says that it has nothing open any more. */
  readonly end: (isClosed: boolean) => Promise<void>
  /** Shows aborts to the other side while it is in a statement. @default none */
  readonly stopper?: CallStopper | undefined
  /**
   * In milliseconds: how long the other side may take to stop, once all who wait for it have given up, before it is ended.
   * @default for ever
   */
  readonly stopGraceMs?: number | undefined
  /** Passed to the other side as they are; plain data. */
  readonly options: unknown
  readonly clock: Clock
  readonly log: StoreLog
  readonly asyncContext?: AsyncContext | undefined
  readonly signal?: AbortSignal | undefined
}

/** Opens it over there. @throws what opening says; then the other side is gone */
export async function openRemoteSqlite(remote: RemoteSqliteOptions): Promise<RemoteEngine> {
  const { clock, log, signal } = remote
  const hasClock = clock !== systemClock
  const { calls, notes } = splitChannel(remote.channel, () => time?.tell())
  const time = hasClock ? serveClock(notes, clock) : undefined
  notes.on('log', ({ level, message, fields }: { level: keyof StoreLog; message: string; fields?: LogFields }) =>
    log[level]?.(message, fields),
  )
  const end = async (isClosed: boolean): Promise<void> => {
    time?.end()
    await remote.end(isClosed)
  }
  const { stopGraceMs: graceMs } = remote
  const lastResort = graceMs === undefined ? undefined : { clock, graceMs, end: () => void end(false) }
  const caller = new EngineCaller(new RemoteClient(calls), notes, remote.stopper, lastResort)
  try {
    const argument: OpenArgument = { hasClock, options: remote.options }
    const identity = await caller.ask<EngineIdentity>('open', argument, { signal })
    return new RemoteEngine({
      caller,
      identity,
      compiler: new UpkeepSqliteCompiler(),
      adapter: new ConcurrentSqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      foreignKeys: identity.hasForeignKeys ? sqliteForeignKeys : undefined,
      bind: bindParameters,
      asyncContext: remote.asyncContext,
      end,
    })
  } catch (error) {
    await end(false)
    throw error
  }
}
