// Starts the process that keeps the test servers. It outlives a Ctrl-C, and ends when this process does or calls
// `stop`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The keeper of this process. */
export interface Keeper {
  /** Where it answers; whoever has it can ask for servers. */
  readonly address: string
  /** Stops the servers, and resolves when nothing is left of them. */
  stop(): Promise<void>
}

export async function startKeeper(): Promise<Keeper> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('server-keeper.ts', import.meta.url))], {
    // A process group of its own: Ctrl-C goes to the whole of a group, and it has to tidy up.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the keeper of the test servers ended (${code})`)
    }),
  ])) as [Buffer]
  // It ends by itself when this process is gone, and must not keep it alive.
  child.unref()
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref()
  return {
    address: String(line).trim(),
    async stop() {
      const gone = once(child, 'exit')
      child.stdin.end()
      await gone
    },
  }
}
