// A TLS end in front of a server, with certificates that sign themselves: what a client sees of a server that has TLS.
// The keys are for these tests alone.
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as openSocket, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterTest } from './server-test.ts'

/** A certificate, which is its own ca, and its key. */
export interface Certificate {
  readonly ca: string
  readonly key: string
}

const CERTIFICATES: Readonly<Record<'localhost' | 'elsewhere', Certificate>> = {
  localhost: {
    ca: `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUcHn9u6prYJYfTlrTGZavsqHH4JgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIwMjMyMloYDzIxMjYxMTA2
MjAyMzIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASVC5M9PKx1E3cJs2i+ETOsSpNJWjjz4anzqh4EuijUHknOJAnjdBdA
QCL95J7RTGNV1Ba/AYbMXp+/HdepYFIXo2kwZzAdBgNVHQ4EFgQU4q3t5Pv6Gjaa
60OJU0XMxml3Fu0wHwYDVR0jBBgwFoAU4q3t5Pv6Gjaa60OJU0XMxml3Fu0wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgDWlzAyUsIC0po9ubHthB77FqCRFRu0rsJqOoIvCysXsCIATAyHT6ul9i
BA3C41thWKNKbUbS9BfpaeMX8CUA7Ifo
-----END CERTIFICATE-----`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguLMZl5T7AugfkVwb
Baz/oP97kq4S7WoZCNvKtUJF+WChRANCAASVC5M9PKx1E3cJs2i+ETOsSpNJWjjz
4anzqh4EuijUHknOJAnjdBdAQCL95J7RTGNV1Ba/AYbMXp+/HdepYFIX
-----END PRIVATE KEY-----`,
  },
  elsewhere: {
    ca: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIULjNkT0GBez6PqP7u+70flKQGhOMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJZWxzZXdoZXJlMCAXDTI2MTEzMDIwMjMyMloYDzIxMjYxMTA2
MjAyMzIyWjAUMRIwEAYDVQQDDAllbHNld2hlcmUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASqY/InLuon2mDPkUgYWYbCJVzV9wnoVhbdQgKZSSC1LMENX9rAcrNP
Ddgy4hawHd/nDqvxWW500GwQucWBTxM5o2kwZzAdBgNVHQ4EFgQU1rMjQMkOIUm3
ynMFUZb1LYQPV5QwHwYDVR0jBBgwFoAU1rMjQMkOIUm3ynMFUZb1LYQPV5QwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALggllbHNld2hlcmUwCgYIKoZIzj0EAwID
SQAwRgIhAKX6B6nTXzQJwMpy0xq/PUEuaye23JIOW0xDiAHxED2DAiEA29sgX6Ah
TK3dlI6hDxdmV5a56SAlLx0pB53i4MszH2Q=
-----END CERTIFICATE-----`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3Q12Kr49wLVOyEpG
xMm19QXyvkxmSXT5bscA+kHxi92hRANCAASqY/InLuon2mDPkUgYWYbCJVzV9wno
VhbdQgKZSSC1LMENX9rAcrNPDdgy4hawHd/nDqvxWW500GwQucWBTxM5
-----END PRIVATE KEY-----`,
  },
}

/** For the name, for a hundred years. */
export function certificate(name: 'localhost' | 'elsewhere'): Certificate {
  return CERTIFICATES[name]
}

export interface TlsProxy {
  /** By the name `localhost`. */
  readonly url: string
  readonly encryptedCount: number
  readonly plainCount: number
}

const SSL_REQUEST_CODE = 80877103

/** In front of the server at `serverUrl`, until the test is over. */
export async function openTlsProxy(serverUrl: string, { ca, key }: Certificate): Promise<TlsProxy> {
  const own = new URL(serverUrl)
  const target = { host: own.hostname, port: Number(own.port) }
  const secureContext = createSecureContext({ cert: ca, key })
  const sockets = new Set<Socket>()
  let encryptedCount = 0
  let plainCount = 0
  const join = (client: Socket, first?: Buffer): void => {
    const server = openSocket(target)
    if (first !== undefined) server.write(first)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
    sockets.add(server)
  }
  const listener = createServer((client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    client.once('data', (first: Buffer) => {
      if (first.length !== 8 || first.readInt32BE(4) !== SSL_REQUEST_CODE) {
        plainCount++
        join(client, first)
        return
      }
      encryptedCount++
      client.write('S')
      const encrypted = new TLSSocket(client, { isServer: true, secureContext })
      encrypted.on('error', () => client.destroy())
      join(encrypted)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  afterTest(async () => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  own.hostname = 'localhost'
  own.port = String((listener.address() as AddressInfo).port)
  return {
    url: own.href,
    get encryptedCount() {
      return encryptedCount
    },
    get plainCount() {
      return plainCount
    },
  }
}
