// The other end of probe-process.ts: what a probe of any driver has in common.
import type { ProbeRow } from '../src/suite/harness.ts'

/** To a probe. */
export interface ProbeCall {
  readonly id: number
  readonly location: string
  readonly sql: string
}

/** From it. */
export interface ProbeAnswer {
  readonly id: number
  readonly rows?: readonly ProbeRow[]
  readonly error?: string
}

/** Answers calls until the parent process is gone. `run` opens what is at a location, and closes it again. */
export function serveProbe(run: (location: string, sql: string) => Promise<readonly ProbeRow[]>): void {
  process.on('message', (message) => {
    const { id, location, sql } = message as ProbeCall
    run(location, sql).then(
      (rows) => process.send?.({ id, rows } satisfies ProbeAnswer),
      (error: unknown) => process.send?.({ id, error: String(error) } satisfies ProbeAnswer),
    )
  })
}
