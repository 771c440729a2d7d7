// Where a server is: the grammar of its URL, what wins over it, and that nothing of it is ever repeated.
import { describe, expect, it } from 'vitest'
import type { TargetOptions } from '../dist/postgres-target.js'
import { resolveTarget } from '../dist/postgres-target.js'

const SECRET = 'hunter2'

function refused(options: TargetOptions): string {
  try {
    resolveTarget(options)
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
    const { message, stack, cause } = error as Error
    return `${message}${stack}${String(cause)}`
  }
  throw new Error('it was accepted')
}

describe('an address', () => {
  it('has its parts decoded, and its location holds no credentials', () => {
    const { address, location } = resolveTarget({
      url: `postgres://me%40corp:${SECRET}%2F%23@db.example:6543/app%20one`,
    })
    expect(address).toEqual({
      host: 'db.example',
      port: 6543,
      user: 'me@corp',
      password: `${SECRET}/#`,
      database: 'app one',
    })
    expect(location).toBe('postgres://db.example:6543/app%20one')
  })

  it('has defaults: the port, and the database by the user', () => {
    const { address } = resolveTarget({ url: 'postgresql://me@[::1]' })
    expect(address).toMatchObject({ host: '::1', port: 5432, user: 'me', database: 'me' })
  })

  it('may be the folder of a Unix socket', () => {
    for (const url of ['postgres://me@%2Fvar%2Frun/app', 'postgres://me@x/app?host=/var/run']) {
      expect(resolveTarget({ url }).address.host).toBe('/var/run')
    }
    expect(resolveTarget({ url: 'postgres://me@%2Fvar%2Frun/app' }).location).toBe('postgres://%2Fvar%2Frun:5432/app')
  })

  it('what is given beside the URL wins', () => {
    const { address, options } = resolveTarget({
      url: 'postgres://me@a/app?pool.max=3&pool.min=1&readOnly=true&sslmode=disable&application_name=url',
      host: 'b',
      pool: { max: 5 },
      applicationName: 'code',
    })
    expect(address.host).toBe('b')
    expect(options).toMatchObject({ readOnly: true, sslMode: 'disable', applicationName: 'code' })
    expect(options.pool).toMatchObject({ max: 5, min: 1 })
  })
})

describe('what is refused repeats nothing', () => {
  for (const url of [
    `postgres://me:${SECRET}`,
    `postgres://me:${SECRET}@`,
    `postgres://:${SECRET}@host/db`,
    `postgres://me:${SECRET}#@host/db`,
    `postgres://me:${SECRET}/@host/db`,
    `postgres://me:%zz${SECRET}@host/db`,
    `postgres://me:${SECRET}@a,b/db`,
    `postgres://me@host/db?${SECRET}=1&sslmode=disable`.replace(SECRET, `x-${SECRET}`),
    `postgres://me@host/db?sslmode=${SECRET}`,
    `postgres://me@host/db?sslmode=require&sslmode=disable&password=${SECRET}`,
    `postgres://me@host/db?sslrootcert=/nowhere/${SECRET}&sslmode=verify-full`,
    `postgres://me@host/db?pool.max=${SECRET}`,
    `postgres://me:${SECRET}@host/db?pool.size=3`,
  ]) {
    it(url, () => {
      const before = process.env.PGUSER
      delete process.env.PGUSER
      try {
        expect(refused({ url })).not.toContain(SECRET)
      } finally {
        if (before !== undefined) process.env.PGUSER = before
      }
    })
  }
})

describe('options that are none', () => {
  const base = { host: 'a', user: 'b' }
  for (const options of [
    { pool: { max: 0 } },
    { pool: { min: 5, max: 4 } },
    { pool: { maxx: 1 } },
    { pool: 'large' },
    { lockTimeoutMs: 0 },
    { controlTimeoutMs: false },
    { statementCacheSize: 0 },
    { schema: '' },
    { applicationName: 'x'.repeat(64) },
    { sslMode: 'allow' },
    { sslMode: 'require', ca: '-----BEGIN CERTIFICATE-----' },
    { ca: 'no pem' },
    { sslMode: 'verify-full', cert: '-----BEGIN CERTIFICATE-----' },
    { port: 0 },
    { database: 'a/b' },
    { password: 7 },
    { readOnly: 'yes' },
    { maintenance: { reindex: 'maybe' } },
    { nonsense: true },
  ]) {
    it(JSON.stringify(options), () => void refused({ ...base, ...options } as TargetOptions))
  }
})
