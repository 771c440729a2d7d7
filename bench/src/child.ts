/**
 * A process that is asked one thing at a time: both its ends.
 *
 * The bench never opens a database that a child has open; it asks. A child that dies rejects what was asked of it.
 */
import { type ChildProcess, fork } from 'node:child_process'

/** What may be asked of a kind of child: for each name what is sent and what comes back. */
export type Protocol = Readonly<Record<string, { readonly request: unknown; readonly answer: unknown }>>

/** The child's side: one function for each name. */
export type Handlers<P extends Protocol> = {
  readonly [Name in keyof P]: (request: P[Name]['request']) => Promise<P[Name]['answer']> | P[Name]['answer']
}

/** How to start one. */
export interface ChildOptions {
  /** Named in errors. */
  readonly name: string
  readonly script: string
  readonly args?: readonly string[]
  /** For Node itself. */
  readonly execArgv?: readonly string[]
}

interface Question {
  readonly name: string
  readonly request: unknown
}

type Reply = { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly error: string }

const STOP_MS = 10_000
const running = new Set<ChildProcess>()

// Whatever way the bench ends, nobody goes on writing.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** The bench's end. */
export class Child<P extends Protocol> {
  readonly name: string
  readonly #process: ChildProcess
  readonly #exited: Promise<void>
  #ended: string | undefined
  #settle: ((reply: Reply) => void) | undefined

  private constructor(options: ChildOptions) {
    this.name = options.name
    this.#process = fork(options.script, options.args ?? [], {
      execArgv: [...(options.execArgv ?? [])],
      serialization: 'advanced',
    })
    running.add(this.#process)
    this.#process.on('message', (reply: Reply) => this.#take(reply))
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        running.delete(this.#process)
        this.#ended = `the process ended (${signal ?? code})`
        this.#take({ ok: false, error: this.#ended })
        resolve()
      })
    })
  }

  /** Starts the process and waits until it serves. */
  static async start<P extends Protocol>(options: ChildOptions): Promise<Child<P>> {
    const child = new Child<P>(options)
    await child.#next()
    return child
  }

  /** Asks and waits for the answer. */
  async ask<Name extends keyof P & string>(name: Name, request: P[Name]['request']): Promise<P[Name]['answer']> {
    if (this.#ended !== undefined) throw new Error(`${this.name}: ${this.#ended}`)
    const reply = this.#next()
    const question: Question = { name, request }
    // What cannot be sent shows as the end of the process.
    this.#process.send(question, () => {})
    return (await reply) as P[Name]['answer']
  }

  /** Lets the process end by itself; kills it if it does not. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS)
    if (this.#process.connected) this.#process.disconnect()
    await this.#exited
    clearTimeout(timer)
  }

  async #next(): Promise<unknown> {
    const reply = await new Promise<Reply>((resolve) => {
      this.#settle = resolve
    })
    if (!reply.ok) throw new Error(`${this.name}: ${reply.error}`)
    return reply.answer
  }

  #take(reply: Reply): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(reply)
  }
}

function send(reply: Reply): void {
  if (process.connected) process.send?.(reply)
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The child's end: answers until the bench lets go. What `prepare` throws is the bench's to report. */
export async function serve<P extends Protocol>(prepare: () => Handlers<P> | Promise<Handlers<P>>): Promise<void> {
  try {
    const handlers = await prepare()
    process.on('message', async ({ name, request }: Question) => {
      try {
        const handler = handlers[name]
        if (handler === undefined) throw new Error(`nobody serves '${name}'`)
        send({ ok: true, answer: await handler(request) })
      } catch (error) {
        send({ ok: false, error: describe(error) })
      }
    })
    send({ ok: true, answer: undefined })
  } catch (error) {
    send({ ok: false, error: describe(error) })
    process.disconnect()
  }
}
