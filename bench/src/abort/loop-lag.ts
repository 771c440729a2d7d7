/** The largest lag of this process's loop: by how much a timer of one millisecond was late. */

/** Watches until it is asked. */
export function watchLag(): { readonly maxMs: number; [Symbol.dispose](): void } {
  let maxMs = 0
  let lastMs = performance.now()
  const look = (): void => {
    const nowMs = performance.now()
    maxMs = Math.max(maxMs, nowMs - lastMs - 1)
    lastMs = nowMs
  }
  const timer = setInterval(look, 1)
  return {
    get maxMs() {
      // What has not let the timer come at all counts too.
      look()
      return maxMs
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
