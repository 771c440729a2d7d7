/**
 * What a backend hands to the suite: how to make a database, open stores on it and look at it from outside.
 *
 * There is no way to skip a test. What a backend cannot do it says in its capabilities, and the suite then tests that
 * it refuses.
 */
import type {
  Capabilities,
  Clock,
  HealthOptions,
  SlowQueryOptions,
  StatementTimeouts,
  Store,
  StoreLogger,
  StoreOptions,
} from '@upkeep/core'
import type { KyselyPlugin, LogConfig } from 'kysely'
import type { ClientPort } from '../client/client-port.ts'

/** A row as it comes from outside the store. */
export type ProbeRow = Readonly<Record<string, unknown>>

/** Options of {@link TestDatabase.openStore}; the harness passes them on to its backend. */
export interface TestStoreOptions extends Pick<StoreOptions, 'migrations' | 'onOpen' | 'signal'> {
  /** Time; the store must use it for every wait. @default the runtime's */
  readonly clock?: Clock | undefined
  /** Where the store tells what nobody awaits. @default the store's own default */
  readonly logger?: StoreLogger | undefined
  /** Kysely's query log. @default none */
  readonly log?: LogConfig | undefined
  /** Kysely plugins of the store. @default none */
  readonly plugins?: KyselyPlugin[] | undefined
  /** Who hears of slow queries. @default nobody */
  readonly slowQueries?: SlowQueryOptions | undefined
  /** Opens it for reading only. Only asked for where `capabilities.persistent`. @default false */
  readonly readOnly?: boolean | undefined
  /** In milliseconds: how long a lock is waited for; 0 fails at once. @default the backend's own */
  readonly busyTimeoutMs?: number | undefined
  /** What is done when the file is found to be another one. Only asked for where `capabilities.reopen`. @default 'fail' */
  readonly onReplaced?: 'fail' | 'reopen' | undefined
  /** Whether a thread copies the log; only asked for where `capabilities.checkpointer`. @default the backend's own */
  readonly checkpointer?: boolean | undefined
  /** In bytes: what the log is meant to stay below. Only asked for where `capabilities.writeAheadLog`. @default the backend's own */
  readonly walLimitBytes?: number | undefined
  /** In milliseconds: how old a reader may be that holds a larger one. Asked for as `walLimitBytes`. @default none */
  readonly maxReadAgeMs?: number | undefined
  /** How `health()` looks, and from where on it warns. @default the store's own */
  readonly health?: HealthOptions | undefined
  /** How long statements may take. @default the store's own */
  readonly timeouts?: StatementTimeouts | undefined
}

/** Another process that serves `serveClient`. */
export interface ClientProcess {
  /** This end of the connection to it. */
  readonly port: ClientPort
  /** Ends it with SIGKILL or the like, and resolves when it is gone. */
  kill(): Promise<void>
}

/** A folder of its own for backups, empty at first. */
export interface TestBackups {
  /** What `backup()` is given for a file of this name in the folder. */
  path(name: string): string
  /** What is in the folder, in order. */
  names(): Promise<readonly string[]>
  /** Makes a symbolic link in the folder, and answers its path. */
  link(name: string, to: string): Promise<string>
  /** Opens a store on a backup. */
  open<DB>(path: string): Promise<Store<DB>>
}

/**
 * What is done to the files of a database. A name is that of the database and what is added to it: `''` is the database
 * itself, `'-wal'` its log, and `'.old'` a file beside it.
 */
export type FileChange =
  | { readonly change: 'rename'; readonly from: string; readonly to: string }
  | { readonly change: 'link'; readonly from: string; readonly to: string }
  | { readonly change: 'remove'; readonly from: string }
  | { readonly change: 'truncate'; readonly from: string; readonly sizeBytes: number }

/** The files of a database, changed **by another process**: the store's own must never open them. */
export interface TestFiles {
  /** Changes them, one after another. */
  change(changes: readonly FileChange[]): Promise<void>
  /** What is added to the name of the database, for each file beside it and itself, in order. */
  names(): Promise<readonly string[]>
  /** As `TestDatabase.probe`, on the file of that name, which is made if it is not there. */
  probe(name: string, sql: string): Promise<readonly ProbeRow[]>
}

/** One empty database, and what the suite may do to it. */
export interface TestDatabase {
  /** Opens a store on it; may be called again while one is open where `capabilities.multiProcess`. */
  openStore<DB>(options?: TestStoreOptions): Promise<Store<DB>>
  /** Runs one statement **in another process** that bypasses the store. Exactly where `capabilities.multiProcess`. */
  readonly probe?: ((sql: string) => Promise<readonly ProbeRow[]>) | undefined
  /** Starts a process that serves a store of the same backend. Exactly where `capabilities.multiProcess`. */
  readonly spawnClient?: (() => Promise<ClientProcess>) | undefined
  /** Size of the database file as the file system has it. Exactly where the database is a file. */
  readonly fileSizeBytes?: (() => Promise<number>) | undefined
  /** Size of the write-ahead log, 0 where there is none. Exactly where `capabilities.writeAheadLog` and it is a file. */
  readonly walSizeBytes?: (() => Promise<number>) | undefined
  /** Where its backups go. Exactly where `capabilities.backup` is not `false`. */
  readonly backups?: TestBackups | undefined
  /** Its files. Exactly where `capabilities.reopen`. */
  readonly files?: TestFiles | undefined
  /** Called once, after its stores were closed. */
  drop(): Promise<void>
}

/** A backend under test. */
export interface Harness {
  /** Name of the run, e.g. `sqlite-native/file`. */
  readonly name: string
  /** Which extra topics apply. */
  readonly dialect: 'sqlite' | 'postgres'
  /** What its stores must claim; the suite checks that they do, and tests each claim on both of its sides. */
  readonly capabilities: Capabilities
  /** Makes an empty database of its own for one test. */
  createDatabase(): Promise<TestDatabase>
}
