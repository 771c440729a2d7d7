/** A backend from outside: the built-in `node:sqlite`, written against Upkeep's public exports only. */
export { nodeSqlite, openNodeSqliteStore } from './node-sqlite.ts'
