// All mutants, by what they are faults of.
import { BACKUP_MUTANTS } from './backup-mutants.ts'
import { FILE_MUTANTS } from './file-mutants.ts'
import { LOG_MUTANTS } from './log-mutants.ts'
import { MAINTENANCE_MUTANTS } from './maintenance-mutants.ts'
import { MIGRATION_MUTANTS } from './migration-mutants.ts'
import type { Mutant } from './mutant.ts'
import { OPERATION_MUTANTS } from './operation-mutants.ts'
import { POSTGRES_MAINTENANCE_MUTANTS } from './postgres-maintenance-mutants.ts'
import { POSTGRES_MUTANTS } from './postgres-mutants.ts'
import { RETENTION_MUTANTS } from './retention-mutants.ts'
import { SQLITE_MUTANTS } from './sqlite-mutants.ts'
import { STORE_MUTANTS } from './store-mutants.ts'
import { WASM_MUTANTS } from './wasm-mutants.ts'
import { WORKER_MUTANTS } from './worker-mutants.ts'

export type { Mutant } from './mutant.ts'

export const MUTANTS: readonly Mutant[] = [
  ...SQLITE_MUTANTS,
  ...STORE_MUTANTS,
  ...OPERATION_MUTANTS,
  ...MAINTENANCE_MUTANTS,
  ...MIGRATION_MUTANTS,
  ...RETENTION_MUTANTS,
  ...BACKUP_MUTANTS,
  ...FILE_MUTANTS,
  ...LOG_MUTANTS,
  ...WORKER_MUTANTS,
  ...POSTGRES_MUTANTS,
  ...POSTGRES_MAINTENANCE_MUTANTS,
  ...WASM_MUTANTS,
]
