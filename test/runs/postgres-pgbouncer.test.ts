import { describe, expect, it } from 'vitest'
import { isLeftOut } from '../servers/is-left-out.ts'
import { testStore } from '../src/index.ts'
import { resolveRun } from './runs.ts'

const { harness } = await resolveRun('postgres/pgbouncer')

if (isLeftOut('pgbouncer')) {
  // The registry has no pgbouncer. The check that counts, .ci/run, installs it.
  it.skip('postgres/pgbouncer: this machine has no pgbouncer (apt-get install pgbouncer)')
} else testStore({ describe, it, expect }, harness)
