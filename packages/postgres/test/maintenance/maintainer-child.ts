// A process that becomes the maintainer when it is told to, and stays it until it is told to finish, or is killed.
import { openPostgresMaintenance } from '../../src/maintenance/open-postgres-maintenance.ts'
import { createParts } from './maintenance-lab.ts'

const leaseMs = Number(process.argv[2])
let session: Awaited<ReturnType<typeof openPostgresMaintenance>> | undefined

const say = (state: string, reason?: string): void => {
  process.send?.({ pid: process.pid, state, reason })
}

process.on('message', ({ url }: { url?: string }) => {
  void (url === undefined ? finish() : maintain(url))
})
process.on('disconnect', () => process.exit())
say('ready')

async function maintain(url: string): Promise<void> {
  const parts = createParts(url, { leaseMs }, `process ${process.pid}`)
  session = await openPostgresMaintenance(parts, {
    mode: 'auto',
    steps: undefined,
    integrity: 'off',
    dryRun: false,
    allowBlocking: false,
    maxWriteWaitMs: 250,
    signal: new AbortController().signal,
    budgetLeftMs: () => Number.POSITIVE_INFINITY,
    progress: () => undefined,
  })
  if (session.skip === undefined) say('holding')
  else say('skipped', session.skip)
}

async function finish(): Promise<void> {
  await session?.close()
  say('done')
}
