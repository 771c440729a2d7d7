// Flavours, by what servers are documented, or were recorded, to answer. Of those that could not be run here this is all
// there is: docs/known-gaps.md names them.
import { describe, expect, it } from 'vitest'
import { classifyFlavour, type FlavourName, type ServerAnswers } from '../../src/maintenance/server-flavour.ts'

const POSTGRES_16 = 'PostgreSQL 16.4 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 12.2.0, 64-bit'

const ANSWERS: readonly (readonly [FlavourName, Partial<ServerAnswers>])[] = [
  ['postgres', {}],
  ['postgres', { version: 'PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu' }],
  ['postgres', { extensions: ['plpgsql', 'pg_stat_statements'], settingPrefixes: ['pg_stat_statements', 'plpgsql'] }],
  [
    'cockroachdb',
    {
      version:
        'CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15 21:28:29, go1.22.2 X:nocoverageredesign)',
    },
  ],
  [
    'yugabytedb',
    { version: 'PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit' },
  ],
  ['yugabytedb', { version: 'PostgreSQL 15.12-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu, 64-bit' }],
  ['aurora-dsql', { version: 'PostgreSQL 16', host: 'abc123def456.dsql.us-east-1.on.aws' }],
  ['aurora-dsql', { version: 'PostgreSQL 16', host: 'abc123.dsql-fips.us-east-2.on.aws' }],
  ['aurora', { settingPrefixes: ['apg_plan_mgmt', 'rds'] }],
  ['rds', { settingPrefixes: ['rds', 'pg_stat_statements'] }],
  ['neon', { settingPrefixes: ['neon'] }],
  ['supabase', { settingPrefixes: ['supautils', 'pgsodium'] }],
  ['cloud-sql', { settingPrefixes: ['cloudsql'] }],
  ['alloydb', { settingPrefixes: ['alloydb', 'google_columnar_engine'] }],
  ['azure', { settingPrefixes: ['azure'], extensions: ['citus'] }],
  ['citus', { extensions: ['plpgsql', 'citus', 'citus_columnar'], settingPrefixes: ['citus'] }],
  ['timescaledb', { extensions: ['timescaledb'], settingPrefixes: ['timescaledb'] }],
  [
    'redshift',
    { version: 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.63030' },
  ],
  ['greenplum', { version: 'PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f) on x86_64-pc-linux-gnu' }],
  ['materialize', { version: 'PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.100.0)' }],
]

describe('a flavour', () => {
  for (const [name, answers] of ANSWERS) {
    it(`${name}: ${JSON.stringify(answers)}`, () => {
      const all = { version: POSTGRES_16, host: 'db.example', settingPrefixes: [], extensions: [], ...answers }
      expect(classifyFlavour(all).name).toBe(name)
    })
  }

  it('says of each step that it lacks why, and calls none its own that it lacks', () => {
    for (const [name, answers] of ANSWERS) {
      const all = { version: POSTGRES_16, host: 'db.example', settingPrefixes: [], extensions: [], ...answers }
      const { missing, hasAdvisoryLocks, hasStatisticsViews } = classifyFlavour(all)
      for (const reason of Object.values(missing)) expect(reason.length > 20).toBe(true)
      // Without the views nothing can be chosen; without advisory locks there is the lease.
      if (!hasStatisticsViews)
        expect([name, missing.vacuum !== undefined, hasAdvisoryLocks]).toEqual([name, true, false])
    }
  })
})
