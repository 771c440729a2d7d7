/**
 * Collects what the traffic measured, by phase of the demo, and sums it up.
 *
 * It keeps every sample: a run has some thousands of them, and exact percentiles are worth more than the memory.
 */
/** Whether a request only reads. */
export type RequestKind = 'read' | 'write'

/** One request of the traffic. */
export interface Sample {
  /** When it was due, in milliseconds since the recorder was made. */
  readonly atMs: number
  readonly latencyMs: number
  readonly kind: RequestKind
}

/** A stretch of the run with a name. */
export interface Phase {
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

/** Percentiles of a set of samples; `undefined` where there are none. */
export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
}

/** See the module. */
export class LatencyRecorder {
  readonly #originMs = performance.now()
  readonly #samples: Sample[] = []
  readonly #phases: Phase[] = []
  #open: { readonly name: string; readonly startMs: number } | undefined

  /** Milliseconds since the recorder was made. */
  nowMs(): number {
    return performance.now() - this.#originMs
  }

  /** Ends the phase before and begins the next one. */
  begin(name: string): void {
    this.end()
    this.#open = { name, startMs: this.nowMs() }
  }

  /** Ends the current phase, if there is one. */
  end(): void {
    if (this.#open !== undefined) this.#phases.push({ ...this.#open, endMs: this.nowMs() })
    this.#open = undefined
  }

  add(sample: Sample): void {
    this.#samples.push(sample)
  }

  /** All samples, by the time they were due. */
  samples(): readonly Sample[] {
    return this.#samples.toSorted((a, b) => a.atMs - b.atMs)
  }

  phases(): readonly Phase[] {
    return this.#phases
  }

  phase(name: string): Phase | undefined {
    return this.#phases.find((phase) => phase.name === name)
  }

  /** Percentiles of the requests that were due in a phase. */
  summarize(phase: Phase, kind: RequestKind): LatencySummary {
    const within = this.#samples.filter(
      (sample) => sample.kind === kind && sample.atMs >= phase.startMs && sample.atMs < phase.endMs,
    )
    return summarizeLatencies(within.map((sample) => sample.latencyMs))
  }

  /** The largest latency of the requests that were answered within the last `withinMs`: a live figure. */
  recentMaxMs(withinMs: number): number {
    const sinceMs = this.nowMs() - withinMs
    let maxMs = 0
    for (let index = this.#samples.length - 1; index >= 0; index -= 1) {
      const sample = this.#samples[index]
      if (sample === undefined || sample.atMs + sample.latencyMs < sinceMs) break
      maxMs = Math.max(maxMs, sample.latencyMs)
    }
    return maxMs
  }
}

/** Percentiles of `latenciesMs`. */
function summarizeLatencies(latenciesMs: readonly number[]): LatencySummary {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return {
    count: sorted.length,
    p50Ms: nearestRank(sorted, 0.5),
    p99Ms: nearestRank(sorted, 0.99),
    maxMs: sorted.at(-1),
  }
}

/** The smallest value that at least `share` of all values do not exceed. */
function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
