/**
 * A CancelRequest of our own: pid and secret over a socket of their own, encrypted where the connection is.
 *
 * pg's own has neither TLS nor a listener for errors. The server closes the socket once it has passed the signal on, so
 * whoever has awaited this knows that no signal comes later and hits somebody else's statement.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '@upkeep/core'

/** Where the server is, and how it is spoken to. */
export interface CancelTarget {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  /** What TLS is made with; `false` for none. */
  readonly ssl: false | object
}

/** Which process is to stop what it does. */
export interface CancelKey {
  readonly processId: number
  readonly secretKey: number
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f])
const CANCEL_CODE = 80877102

/**
 * Resolves when the server has closed the socket, so that the signal was sent, or was not and will not be. Never
 * rejects: what came of the statement is seen on its own connection. Answers whether the server has closed it.
 */
export function sendCancelRequest(
  target: CancelTarget,
  key: CancelKey,
  clock: Clock,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(target)
    let encrypted: Socket | undefined
    let isWritten = false
    const end = (isHeard: boolean): void => {
      clock.clearTimer(timer)
      encrypted?.destroy()
      socket.destroy()
      resolve(isHeard)
    }
    const timer = clock.setTimer(() => end(false), timeoutMs)
    const write = (on: Socket): void => {
      isWritten = true
      on.write(cancelMessage(key))
      // Nothing comes back; without a reader the end would not be seen.
      on.resume()
    }
    socket.once('error', () => end(isWritten))
    socket.once('close', () => end(isWritten))
    socket.once('connect', () => {
      if (target.ssl === false) {
        write(socket)
        return
      }
      socket.write(SSL_REQUEST)
      socket.once('data', (answer) => {
        if (answer.toString('latin1') !== 'S') {
          end(false)
          return
        }
        encrypted = startTls(socket, target)
        encrypted.once('error', () => end(isWritten))
        encrypted.once('close', () => end(isWritten))
        encrypted.once('secureConnect', () => write(encrypted as Socket))
      })
    })
  })
}

function openSocket({ host, port }: CancelTarget): Socket {
  if (host.startsWith('/')) return connectSocket(`${host}/.s.PGSQL.${port}`)
  return connectSocket({ host, port, noDelay: true })
}

function startTls(socket: Socket, { host, ssl }: CancelTarget): Socket {
  // A certificate is for a name; an address has none to ask for.
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ socket, host, ...name, ...(ssl as object) })
}

function cancelMessage({ processId, secretKey }: CancelKey): Buffer {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(CANCEL_CODE, 4)
  message.writeInt32BE(processId, 8)
  message.writeInt32BE(secretKey, 12)
  return message
}
