/**
 * The memory that a watchdog's thread shares with the thread whose statements it watches, and what each may do in it.
 *
 * ```
 *             arm()                          fire()
 *   idle n ─────────▶ armed n+1 ──────────────────────────▶ firing n+1
 *     ▲                  │                                      │ interrupted
 *     │     disarm()     │                                      ▼
 *     ├──────────────────┴──────────────────────────────── fired n+1 ──fire()──▶ firing n+1 …
 * ```
 *
 * Number and state are one word, so that nobody ever fires at a statement that has ended, or disarms one that is being
 * fired at: `disarm` waits the microseconds that this takes. There is no clock here; the watchdog has one.
 */

/** 1 while the thread sleeps without a timeout; whoever arms then wakes it. The thread waits on this word. */
const SLEEPING = 0
/** 1 when the thread shall end. */
const ENDED = 1
/** Guards that have been in use at the same time: those behind were never armed. */
const USED = 2
const HEADER_WORDS = 8

/** Offsets in a guard's words, of which the first is its state. */
const LIMIT_MS = 1
const TOKEN = 2
const TOKEN_BYTES = 20
const GUARD_WORDS = 8

/** States, in the two lowest bits of the word; above them the number of the statement. */
const IDLE = 0
const ARMED = 1
const FIRING = 2
const FIRED = 3
const STATE_BITS = 3

/** Guards at most: as many as the library has slots. */
export const MAX_GUARDS = 4096
/** How long `disarm` sleeps at most before it looks again. */
const SPIN_MS = 1
/** For good, as far as anybody can tell. */
const MAX_LIMIT_MS = 2 ** 31 - 1

/** The words of one watchdog. */
export type GuardWords = Int32Array<SharedArrayBuffer>

export function createGuardWords(): GuardWords {
  return new Int32Array(new SharedArrayBuffer((HEADER_WORDS + MAX_GUARDS * GUARD_WORDS) * Int32Array.BYTES_PER_ELEMENT))
}

/** One guard, as the thread sees it that runs its statements. */
export class ArmedWord {
  readonly index: number
  readonly #words: GuardWords
  readonly #state: number
  /** As the word is while idle. */
  #idle: number

  /** Takes the words of guard `index`, for the connection of `token`. */
  constructor(words: GuardWords, index: number, token: string) {
    this.index = index
    this.#words = words
    this.#state = HEADER_WORDS + index * GUARD_WORDS
    // Numbers go on where those of the last user of these words have ended: the watchdog must not take one for another.
    this.#idle = (words[this.#state] ?? 0) & ~STATE_BITS
    const bytes = new Uint8Array(words.buffer, (this.#state + TOKEN) * words.BYTES_PER_ELEMENT, TOKEN_BYTES)
    for (let i = 0; i < TOKEN_BYTES; i++) bytes[i] = token.charCodeAt(i)
    if (index >= Atomics.load(words, USED)) Atomics.store(words, USED, index + 1)
  }

  arm(limitMs: number): void {
    const words = this.#words
    words[this.#state + LIMIT_MS] = limitMs < MAX_LIMIT_MS ? Math.ceil(limitMs) : MAX_LIMIT_MS
    this.#idle = (this.#idle + STATE_BITS + 1) | 0
    Atomics.store(words, this.#state, this.#idle | ARMED)
    // In this order: either it is seen here that the thread sleeps, or the thread sees that something is armed.
    if (Atomics.load(words, SLEEPING) === 1) wake(words)
  }

  /** Answers whether it was fired at. */
  disarm(): boolean {
    const armed = this.#idle | ARMED
    return Atomics.compareExchange(this.#words, this.#state, armed, this.#idle) !== armed && this.#disarmFired()
  }

  #disarmFired(): boolean {
    const fired = this.#idle | FIRED
    for (;;) {
      const state = Atomics.compareExchange(this.#words, this.#state, fired, this.#idle)
      if (state === fired) return true
      if (state === this.#idle) return false
      Atomics.wait(this.#words, this.#state, state, SPIN_MS)
    }
  }
}

/** The number of the statement that guard `index` has armed, or had armed last, and whether it still is. */
export function lookAt(words: GuardWords, index: number): { readonly key: number; readonly isArmed: boolean } {
  const state = Atomics.load(words, HEADER_WORDS + index * GUARD_WORDS)
  return { key: state & ~STATE_BITS, isArmed: (state & STATE_BITS) !== IDLE }
}

/** The limit of what is armed; read after {@link lookAt}, and only worth something if that statement is still armed. */
export function limitMsOf(words: GuardWords, index: number): number {
  return words[HEADER_WORDS + index * GUARD_WORDS + LIMIT_MS] ?? MAX_LIMIT_MS
}

/** Calls `interrupt` with the token of guard `index`, unless statement `key` has ended; it cannot end meanwhile. */
export function fire(words: GuardWords, index: number, key: number, interrupt: (token: string) => void): void {
  const at = HEADER_WORDS + index * GUARD_WORDS
  const wasArmed = Atomics.compareExchange(words, at, key | ARMED, key | FIRING) === (key | ARMED)
  if (!wasArmed && Atomics.compareExchange(words, at, key | FIRED, key | FIRING) !== (key | FIRED)) return
  try {
    const bytes = new Uint8Array(words.buffer, (at + TOKEN) * words.BYTES_PER_ELEMENT, TOKEN_BYTES)
    interrupt(String.fromCharCode(...bytes))
  } finally {
    Atomics.store(words, at, key | FIRED)
    Atomics.notify(words, at)
  }
}

/** How many guards there are to look at. */
export function usedGuards(words: GuardWords): number {
  return Atomics.load(words, USED)
}

/** Tells the thread to end; it does so at once. */
export function end(words: GuardWords): void {
  Atomics.store(words, ENDED, 1)
  wake(words)
}

export function isEnded(words: GuardWords): boolean {
  return Atomics.load(words, ENDED) === 1
}

/** Waits for `ms`, or until the end. */
export function pause(words: GuardWords, ms: number): void {
  Atomics.wait(words, SLEEPING, 0, ms)
}

/** Sleeps until something is armed, unless something is already. */
export function sleep(words: GuardWords): void {
  Atomics.store(words, SLEEPING, 1)
  if (isEnded(words) || isAnythingArmed(words)) Atomics.store(words, SLEEPING, 0)
  else Atomics.wait(words, SLEEPING, 1)
}

function isAnythingArmed(words: GuardWords): boolean {
  for (let index = 0; index < usedGuards(words); index++) {
    if (lookAt(words, index).isArmed) return true
  }
  return false
}

function wake(words: GuardWords): void {
  Atomics.store(words, SLEEPING, 0)
  Atomics.notify(words, SLEEPING)
}
