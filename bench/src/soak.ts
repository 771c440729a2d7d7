/**
 * `pnpm soak`: what must hold whatever is stopped, and whenever: aborts, aborts around a COMMIT, and SIGKILL.
 *
 * Prints what it counted, and exits with 1 where something did not hold. Nothing is timed.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Child } from './child.ts'
import { createWorkshop, tell } from './maintenance/workshop.ts'
import { createRandom, SEED_LIMIT } from './seeded-random.ts'
import { faultsOf } from './soak/faults.ts'
import { runKillLoop } from './soak/kill-loop.ts'
import type { SoakProtocol } from './soak/protocols.ts'

const HELP = `pnpm soak [options]

  --aborts N            operations that are aborted; 10000 unless given, 0 for none
  --windows N           writes that are aborted around their COMMIT; 500 unless given
  --kills N             processes that are killed; 200 unless given
  --seed N              of an earlier run; it repeats the choices, and not what the machine does
`

const { values } = parseArgs({
  options: {
    aborts: { type: 'string', default: '10000' },
    windows: { type: 'string', default: '500' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * SEED_LIMIT)) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
/** One that hangs is killed, which is told. */
const LIMIT_MS = 30 * 60_000

function numberOf(name: 'aborts' | 'windows' | 'kills' | 'seed'): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number`)
  return number
}

/** In a process of its own: its threads are counted, and whether it hangs. */
async function ask<Name extends keyof SoakProtocol & string>(
  name: Name,
  request: SoakProtocol[Name]['request'],
): Promise<SoakProtocol[Name]['answer']> {
  const child = await Child.start<SoakProtocol>({ name, script: join(import.meta.dirname, 'soak', 'host.ts') })
  const timer = setTimeout(() => {
    tell(`${name} hangs`)
    process.exit(1)
  }, LIMIT_MS)
  try {
    return await child.ask(name, request)
  } finally {
    clearTimeout(timer)
    await child.stop()
  }
}

function show(name: string, result: object, faults: readonly string[]): void {
  process.stdout.write(`${name}: ${faults.length === 0 ? 'ok' : 'FAILED'} ${JSON.stringify(result, undefined, 2)}\n`)
  for (const fault of faults) process.stdout.write(`${name}: ${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}

if (values.help) {
  process.stdout.write(HELP)
} else {
  const [aborts, rounds, kills, seed] = [numberOf('aborts'), numberOf('windows'), numberOf('kills'), numberOf('seed')]
  process.stdout.write(`seed ${seed}\n`)
  const workshop = createWorkshop(0)
  if (aborts > 0) {
    const result = await ask('storm', { path: workshop.path('storm.db'), aborts, seed })
    show('aborts', result, faultsOf(result))
  }
  if (rounds > 0) {
    const result = await ask('window', { path: workshop.path('window.db'), rounds, seed })
    show('aborts around a COMMIT', result, faultsOf(result))
  }
  if (kills > 0) {
    const [path, toldPath] = [workshop.path('kill.db'), workshop.path('told.txt')]
    const result = await runKillLoop({ path, toldPath, kills, random: createRandom(seed) })
    show('kills', result, faultsOf(result))
  }
}
