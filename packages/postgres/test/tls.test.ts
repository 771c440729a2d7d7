// What each sslmode means, in front of a server by way of a proxy that speaks TLS with a certificate of ours.
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { expectCode, RUNNING, testClient, testDatabase, testStore, until } from './support/server-test.ts'
import { certificate, openTlsProxy } from './support/tls-proxy.ts'

describe('where the server has TLS', () => {
  it('prefer, require and verify-ca take its certificate for another name, verify-full does not', async () => {
    const { url } = await testDatabase()
    const proxy = await openTlsProxy(url, certificate('elsewhere'))
    const { ca } = certificate('elsewhere')
    for (const options of [{}, { sslMode: 'require' }, { sslMode: 'verify-ca', ca }] as const) {
      const before = proxy.encryptedCount
      const store = await testStore(proxy.url, options)
      expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
      expect(proxy.encryptedCount).toBe(before + 1)
    }
    const error = await expectCode(testStore(proxy.url, { sslMode: 'verify-full', ca }), 'CONNECTION')
    expect(error.nativeCode).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('verify-full takes one for its name, and only by a ca that it was given', async () => {
    const { url } = await testDatabase()
    const proxy = await openTlsProxy(url, certificate('localhost'))
    const { ca } = certificate('localhost')
    const store = await testStore(proxy.url, { sslMode: 'verify-full', ca })
    await sql`select 1`.execute(store.db)
    for (const sslMode of ['verify-ca', 'verify-full'] as const)
      await expectCode(testStore(proxy.url, { sslMode }), 'CONNECTION')
    await expectCode(testStore(proxy.url, { sslMode: 'verify-full', ca: certificate('elsewhere').ca }), 'CONNECTION')
  })

  it('disable goes without', async () => {
    const { url } = await testDatabase()
    const proxy = await openTlsProxy(url, certificate('localhost'))
    await testStore(proxy.url, { sslMode: 'disable' })
    expect(proxy.encryptedCount).toBe(0)
  })

  it('the request that stops a statement is encrypted too', async () => {
    const { url } = await testDatabase()
    const outside = await testClient(url)
    const proxy = await openTlsProxy(url, certificate('localhost'))
    const store = await testStore(proxy.url, { sslMode: 'verify-full', ca: certificate('localhost').ca })
    const controller = new AbortController()
    const running = expectCode(sql`select pg_sleep(30)`.execute(store.db, { signal: controller.signal }), 'ABORTED')
    await until(outside, `(${RUNNING}) = 1`)
    controller.abort()
    await running
    expect([proxy.encryptedCount, proxy.plainCount]).toEqual([2, 0])
  })
})

describe('where the server has none', () => {
  it('prefer goes without, the others are CONNECTION', async () => {
    const { url } = await testDatabase()
    const store = await testStore(url, { sslMode: 'prefer' })
    await sql`select 1`.execute(store.db)
    for (const sslMode of ['require', 'verify-ca', 'verify-full'] as const) {
      await expectCode(testStore(url, { sslMode }), 'CONNECTION')
    }
  })
})
