// A TCP proxy between a client and a server that loses, delays and cuts what goes through it, when a test says so. It
// knows bytes, and of the protocol nothing: a message is found by a text in it, and so not through TLS.
import { once } from 'node:events'
import { createServer, connect as openSocket, type Server, type Socket } from 'node:net'

/** What becomes of a connection that is cut: its end is told (FIN), or it is reset (RST). */
export type CutHow = 'end' | 'reset'

/**
 * Where it is cut, seen from a message of the client: it never leaves; half of it does; the server has got it and what
 * it answers is lost.
 */
export type CutWhere = 'before' | 'within' | 'after'

export interface FaultProxy {
  /** The server's URL, by way of the proxy. */
  readonly url: string
  /** Connections that are open now. */
  readonly linkCount: number
  /** Connections that clients have ever opened. */
  readonly acceptCount: number
  /** Each piece is this much later, in both directions. */
  delayMs: number
  /** Cuts all connections; new ones are let through. */
  cut(how: CutHow): void
  /** Nothing goes through any more, of `open` connections or also of new ones, and nobody is told; until `resume()`. */
  stall(which: 'open' | 'all'): void
  resume(): void
  /** New connections are refused, until `resume()`. */
  refuse(): void
  /** Cuts the connection on which the client next sends `text`, and resolves when that has happened. */
  cutAt(text: string, where: CutWhere, how: CutHow): Promise<void>
  /** Stalls the connection on which the client next sends `text`, after it has gone through. */
  stallAfter(text: string): Promise<void>
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  /** What the server says goes nowhere any more. */
  isDeaf: boolean
}

interface Trap {
  readonly text: string
  spring(link: Link, chunk: Buffer): void
}

/** In front of the server at `serverUrl`, on a free port of the loopback interface. */
export async function openFaultProxy(serverUrl: string): Promise<FaultProxy> {
  const target = new URL(serverUrl)
  const links = new Set<Link>()
  const traps = new Set<Trap>()
  let isStallingNew = false
  let isRefusing = false
  let acceptCount = 0
  let delayMs = 0

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    acceptCount++
    if (isRefusing) return void client.resetAndDestroy()
    const server = openSocket({ host: target.hostname, port: Number(target.port || 5432), allowHalfOpen: true })
    const link: Link = { client, server, isDeaf: false }
    links.add(link)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      forward(link, from, to)
    }
    if (isStallingNew) stallLink(link)
  })

  function forward(link: Link, from: Socket, to: Socket): void {
    const isFromClient = from === link.client
    const later = (work: () => void): void => void (delayMs > 0 ? setTimeout(work, delayMs) : work())
    from.on('data', (chunk: Buffer) => {
      const trap = isFromClient ? findTrap(chunk) : undefined
      if (trap !== undefined) {
        traps.delete(trap)
        return trap.spring(link, chunk)
      }
      if (isFromClient || !link.isDeaf) later(() => to.writable && to.write(chunk))
    })
    from.on('end', () => later(() => to.end()))
    from.on('error', () => undefined)
    from.on('close', () => {
      links.delete(link)
      later(() => to.destroy())
    })
  }

  function findTrap(chunk: Buffer): Trap | undefined {
    const text = chunk.toString('latin1').toLowerCase()
    for (const trap of traps) if (text.includes(trap.text.toLowerCase())) return trap
    return undefined
  }

  function stallLink(link: Link): void {
    link.client.pause()
    link.server.pause()
  }

  function setTrap(text: string, spring: (link: Link, chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve) => {
      traps.add({
        text,
        spring(link, chunk) {
          spring(link, chunk)
          resolve()
        },
      })
    })
  }

  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = `${portOf(listener)}`

  return {
    url: url.href,
    get linkCount() {
      return links.size
    },
    get acceptCount() {
      return acceptCount
    },
    get delayMs() {
      return delayMs
    },
    set delayMs(ms) {
      delayMs = ms
    },
    cut(how) {
      for (const link of links) cutLink(link, how)
    },
    stall(which) {
      for (const link of links) stallLink(link)
      isStallingNew = which === 'all'
    },
    resume() {
      isStallingNew = false
      isRefusing = false
      for (const link of links) {
        link.client.resume()
        link.server.resume()
      }
    },
    refuse() {
      isRefusing = true
    },
    cutAt(text, where, how) {
      return setTrap(text, (link, chunk) => {
        if (where === 'before') return cutLink(link, how)
        link.isDeaf = true
        if (where === 'within')
          link.server.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => cutLink(link, how))
        else {
          // Its answer says that it has done it.
          link.server.once('data', () => cutLink(link, how))
          link.server.write(chunk)
        }
      })
    },
    stallAfter(text) {
      return setTrap(text, (link, chunk) => {
        link.server.write(chunk)
        stallLink(link)
      })
    },
    async close() {
      for (const { client, server } of links) {
        client.destroy()
        server.destroy()
      }
      listener.close()
      await once(listener, 'close')
    },
  }
}

function cutLink({ client, server }: Link, how: CutHow): void {
  if (how === 'reset') client.resetAndDestroy()
  else client.destroy()
  server.destroy()
}

function portOf(listener: Server): number {
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port')
  return address.port
}
