// The other end of probe-process.ts: what a probe of any driver has in common.
import type { ProbeRow } from '../src/suite/harness.ts'

/** To a probe. */
export interface ProbeCall<W> {
  readonly id: number
  readonly location: string
  readonly work: W
}

/** From it. */
export interface ProbeAnswer {
  readonly id: number
  readonly rows?: readonly ProbeRow[]
  readonly error?: string
}

/** Answers calls until the parent process is gone. `run` opens what is at a location, and closes it again. */
export function serveProbe<W = string>(run: (location: string, work: W) => Promise<readonly ProbeRow[]>): void {
  process.on('message', (message) => {
    const { id, location, work } = message as ProbeCall<W>
    run(location, work).then(
      (rows) => process.send?.({ id, rows } satisfies ProbeAnswer),
      (error: unknown) => process.send?.({ id, error: String(error) } satisfies ProbeAnswer),
    )
  })
}
