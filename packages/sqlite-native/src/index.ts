/** @upkeep/sqlite-native: native SQLite through better-sqlite3. */
export type { NetworkFileSystemPolicy } from './file-system.ts'
export type { NativeOptions, SqliteStoreOptions } from './native-options.ts'
export { openSqliteStore, sqliteNative } from './sqlite-native.ts'
export { SqliteNativeDialect, type SqliteNativeDialectOptions } from './sqlite-native-dialect.ts'
