/**
 * Makes connections to one server: TLS as asked for, settings in the startup packet, a deadline, and a look at whether
 * a pooler stands in between.
 *
 * Settings go along with the startup packet: a SET afterwards would be one more round trip, and behind a pooler it would
 * be somebody else's setting. A pooler that refuses them is connected to again without; see `localSettings`.
 */
import { type Clock, StoreError } from '@upkeep/core'
import { abortError, onceAborted } from '@upkeep/core/backend'
import { type CancelTarget, sendCancelRequest } from './cancel-request.ts'
import type { ClientHandle } from './maintenance/dedicated-client.ts'
import { quoteName } from './maintenance/quote-name.ts'
import type { PgClient, PgClientClass } from './pg-client.ts'
import { classifyPostgresError, isServerMessage } from './postgres-errors.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import type { ServerAddress } from './postgres-url.ts'
import type { StatementRegistry } from './prepared-statements.ts'
import { ServerConnection } from './server-connection.ts'
import { serverOptions, settingsText } from './server-settings.ts'

/** What a connector is made of. */
export interface ConnectorParts {
  readonly Client: PgClientClass
  readonly address: ServerAddress
  readonly options: ResolvedPostgresOptions
  readonly clock: Clock
  readonly registry: StatementRegistry
}

/** What one connection is made with. */
export interface ConnectRequest {
  /** Gives up. */
  readonly signal?: AbortSignal | undefined
  /** Settings beside, or instead of, those of the store's options. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** What `pg_stat_activity` calls it, after the name of the application. */
  readonly purpose?: string | undefined
  /** In milliseconds, if less than the option says. */
  readonly timeoutMs?: number | undefined
}

/** Of pg, for a server that has no TLS. */
const NO_TLS = /does not support SSL/
/** Of a pooler: a parameter at startup that it does not know. Source: https://www.pgbouncer.org/config.html#ignore_startup_parameters */
const UNSUPPORTED_PARAMETER = '08P01'
const KEEP_ALIVE_MS = 30_000

export class ServerConnector {
  readonly #parts: ConnectorParts
  /** Decided by the first connection, where `prefer` leaves it open. */
  #useTls: boolean
  #sendsOptions = true
  #isPooled = false

  constructor(parts: ConnectorParts) {
    this.#parts = parts
    this.#useTls = parts.options.sslMode !== 'disable'
  }

  /** Whether a pooler was found; known once there was a connection. */
  get isPooled(): boolean {
    return this.#isPooled
  }

  /** Where a CancelRequest goes. */
  get #cancelTarget(): CancelTarget {
    const { address, options } = this.#parts
    return { host: address.host, port: address.port, ssl: this.#useTls ? options.tls : false }
  }

  /** @throws TIMEOUT, ABORTED, CONNECTION, PERMISSION, BUSY; leaving nothing open */
  async connect(request: ConnectRequest = {}): Promise<ServerConnection> {
    const { clock, options } = this.#parts
    const untilMs = clock.monotonicMs() + Math.min(options.connectTimeoutMs, request.timeoutMs ?? Infinity)
    for (;;) {
      try {
        return await this.#attempt(request, untilMs - clock.monotonicMs())
      } catch (error) {
        if (!this.#mayDoWithout(error)) throw classifyPostgresError(error, 'connect')
      }
    }
  }

  /** Takes back what the server would not have, so that the next attempt goes without. */
  #mayDoWithout(error: unknown): boolean {
    const { sslMode } = this.#parts.options
    if (this.#useTls && sslMode === 'prefer' && error instanceof Error && NO_TLS.test(error.message)) {
      this.#useTls = false
      return true
    }
    if (this.#sendsOptions && isServerMessage(error) && error.code === UNSUPPORTED_PARAMETER) {
      this.#sendsOptions = false
      return true
    }
    return false
  }

  async #attempt(request: ConnectRequest, leftMs: number): Promise<ServerConnection> {
    const { clock, registry } = this.#parts
    const client = this.#createClient(request)
    const settings = new Map<string, string>()
    client.connection.on('parameterStatus', ({ parameterName, parameterValue }) =>
      settings.set(parameterName, parameterValue),
    )
    // Whatever comes after the attempt was given up must not be an event that nobody listens to.
    client.on('error', () => undefined)
    try {
      return await this.#within(request.signal, leftMs, async () => {
        await client.connect()
        const facts = { settings, openedMs: clock.monotonicMs(), serverPid: undefined, isPooled: true }
        const probe = new ServerConnection(client, facts, registry)
        const serverPid = await backendPid(probe)
        const isPooled = serverPid === undefined || serverPid !== client.processID
        this.#isPooled ||= isPooled
        return isPooled ? probe : probe.withFacts({ ...facts, isPooled, serverPid })
      })
    } catch (error) {
      client.connection.stream.destroy()
      throw error
    }
  }

  /** A client that is not connected yet, for who wants one of their own: without the settings of statements. */
  createHandle(applicationName: string): ClientHandle {
    const { schema } = this.#parts.options
    const search = schema === undefined ? {} : { search_path: quoteName(schema) }
    const client = this.#createClientNamed(applicationName, settingsText(search))
    return {
      client: client as unknown as ClientHandle['client'],
      cancel: async () => {
        await this.cancel(client, this.#parts.options.cancelTimeoutMs)
      },
      destroy: () => client.connection.stream.destroy(),
    }
  }

  /** Asks the server to stop what `client` runs; resolves when it has heard, or after `timeoutMs`. */
  async cancel({ processID: processId, secretKey }: PgClient, timeoutMs: number): Promise<void> {
    if (processId === null || secretKey === null) return
    await sendCancelRequest(this.#cancelTarget, { processId, secretKey }, this.#parts.clock, timeoutMs)
  }

  #createClient({ settings, purpose }: ConnectRequest): PgClient {
    const { options } = this.#parts
    const name = purpose === undefined ? options.applicationName : `${options.applicationName} ${purpose}`
    return this.#createClientNamed(name, serverOptions(options, settings))
  }

  #createClientNamed(name: string, settings: string): PgClient {
    const { Client, address, options } = this.#parts
    const { host, port, user, database } = address
    const client = new Client({
      host,
      port,
      user,
      database,
      password: passwordOf(address),
      ssl: this.#useTls ? { ...options.tls } : false,
      application_name: name.slice(0, 63),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: options.connectTimeoutMs,
    })
    const startup = { user, database, application_name: name.slice(0, 63), DateStyle: 'ISO', TimeZone: 'UTC' }
    const sent = this.#sendsOptions && settings !== '' ? { options: settings } : {}
    // pg would add what stands in the environment.
    client.getStartupConf = () => ({ ...startup, ...sent })
    return client
  }

  /** Settles as `work` does, or rejects when the time is up or `signal` aborts; `work` is then left to itself. */
  #within<T>(signal: AbortSignal | undefined, leftMs: number, work: () => Promise<T>): Promise<T> {
    const { clock, options } = this.#parts
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortError(signal, 'connect'))
        return
      }
      const late = (): void => {
        const message = `the server did not answer within ${options.connectTimeoutMs} ms`
        reject(new StoreError('TIMEOUT', message, { operation: 'connect' }))
      }
      const timer = clock.setTimer(late, Math.max(0, leftMs))
      const leave = signal && onceAborted(signal, () => reject(abortError(signal, 'connect')))
      work()
        .then(resolve, reject)
        .finally(() => {
          clock.clearTimer(timer)
          leave?.()
        })
    })
  }
}

/** The process of the server that answers, if it says so. */
async function backendPid(connection: ServerConnection): Promise<number | undefined> {
  try {
    const { rows } = await connection.runText('select pg_backend_pid() as pid')
    return Number(rows[0]?.pid)
  } catch (error) {
    if (isServerMessage(error) && connection.lost === undefined) return undefined
    throw error
  }
}

/** pg looks into files for a password that is not there. */
function passwordOf({ password }: ServerAddress): string | (() => Promise<string>) {
  if (typeof password === 'string') return password
  return async () => {
    if (password !== undefined) return password()
    throw new StoreError('PERMISSION', 'the server asks for a password, and none was given', { operation: 'connect' })
  }
}
