/**
 * SQLite's own checkpoints on commit: on, unless somebody of ours copies the log instead.
 *
 * Several may want them off at the same time, so they are counted. A connection that writes, and is no writer of the
 * set, sets its own by {@link Autocheckpoint.pages} before it does.
 * Source: https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint
 */

/** SQLite's own default. */
export const AUTOCHECKPOINT_PAGES = 1000

export class Autocheckpoint {
  /** Sets them on the connections there are. @throws the driver's errors */
  readonly #apply: (pages: number) => void
  #suspensions = 0

  constructor(apply: (pages: number) => void) {
    this.#apply = apply
  }

  /** What `wal_autocheckpoint` is to be now. */
  get pages(): number {
    return this.#suspensions === 0 ? AUTOCHECKPOINT_PAGES : 0
  }

  /** Off from now on. @throws the driver's errors; then nothing has changed */
  suspend(): void {
    if (this.#suspensions === 0) this.#apply(0)
    this.#suspensions++
  }

  /** Undoes one {@link suspend}. @throws the driver's errors; what {@link pages} says counts all the same */
  resume(): void {
    this.#suspensions--
    if (this.#suspensions === 0) this.#apply(AUTOCHECKPOINT_PAGES)
  }
}
