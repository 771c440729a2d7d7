// Who may migrate, among tabs: each gate here is one, over Node's own Web Locks and BroadcastChannel.
import type { Engine } from '@upkeep/core'
import { afterEach, expect, it } from 'vitest'
import { createGate, turns } from '../../../test/src/suite/gate.ts'
import { createManualClock } from '../../../test/src/suite/manual-clock.ts'
import { VersionGate } from '../dist/version-gate.js'
import { withVersionGate } from '../dist/versioned-engine.js'

const locks = (navigator as unknown as { readonly locks: any }).locks
const gates: VersionGate[] = []
let name = ''
let clock = createManualClock()

afterEach(() => {
  for (const gate of gates.splice(0)) gate.leave()
  name = ''
  clock = createManualClock()
})

interface Tab {
  readonly gate: VersionGate
  /** How often it was asked to go. */
  asked(): number
}

async function openTab(onVersionChange?: (gate: VersionGate) => void, lines: string[] = []): Promise<Tab> {
  name ||= `gate-${crypto.randomUUID()}`
  let count = 0
  const gate: VersionGate = await VersionGate.enter(locks, {
    name,
    timeoutMs: 5000,
    clock,
    log: { warn: (message: string) => void lines.push(message), error: () => undefined },
    onVersionChange:
      onVersionChange &&
      (() => {
        count++
        onVersionChange(gate)
      }),
  })
  gates.push(gate)
  return { gate, asked: () => count }
}

const modes = (all: readonly { readonly name: string; readonly mode: string }[]): string[] =>
  all.filter((lock) => lock.name.endsWith(name)).map(({ mode }) => mode)

const heldModes = async (): Promise<string[]> => modes((await locks.query()).held)

async function untilHeld(expected: readonly string[]): Promise<void> {
  while (String(await heldModes()) !== String(expected)) await turns(1)
}

/** Until the browser has what was asked for. */
async function untilWaiting(mode: string): Promise<void> {
  while (!modes((await locks.query()).pending).includes(mode)) await turns(1)
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error) => error.code ?? String(error),
  )

it('one that has the database to itself is alone at once', async () => {
  const { gate } = await openTab()
  const alone = await gate.alone(undefined)
  await alone[Symbol.asyncDispose]()
  await gate.alone(undefined)
})

it('one waits for the others, which are told, until they leave', async () => {
  const first = await openTab((gate) => gate.leave())
  const asked = createGate()
  const second = await openTab(() => asked.open())
  const { gate } = await openTab()
  const order: string[] = []
  const alone = gate.alone(undefined).then(() => void order.push('alone'))
  await asked.opened
  order.push('second leaves')
  second.gate.leave()
  await alone
  expect(order).toEqual(['second leaves', 'alone'])
  expect([first.asked(), second.asked()]).toEqual([1, 1])
})

it('without a handler the log is told', async () => {
  const lines: string[] = []
  const old = await openTab(undefined, lines)
  const { gate } = await openTab()
  const controller = new AbortController()
  const alone = codeOf(gate.alone(controller.signal))
  while (lines.length === 0) await turns(1)
  controller.abort()
  expect(await alone).toBe('ABORTED')
  old.gate.leave()
  await gate.alone(undefined)
})

it('it is said again each second, for who did not listen yet; who has heard it is not told twice', async () => {
  const old = await openTab(() => undefined)
  const { gate } = await openTab()
  const alone = gate.alone(undefined)
  while (old.asked() === 0) await turns(1)
  const heard: unknown[] = []
  const twice = createGate()
  const channel = new BroadcastChannel(`upkeep-version:${name}`)
  channel.onmessage = ({ data }: { data: { readonly asking: number } }) => {
    heard.push(data.asking)
    if (heard.length === 2) twice.open()
  }
  clock.advance(2000)
  await twice.opened
  channel.close()
  expect(new Set(heard).size).toBe(1)
  expect(old.asked()).toBe(1)
  old.gate.leave()
  await alone
})

it('it is BUSY after ten minutes, with how many are in the way', async () => {
  await openTab(() => undefined)
  await openTab(() => undefined)
  const { gate } = await openTab()
  const failure = gate.alone(undefined).catch((error) => error)
  await untilWaiting('exclusive')
  clock.advance(600_000)
  const error = await failure
  expect(error.code).toBe('BUSY')
  expect(error.message).toContain('2')
})

it('a tab that opens meanwhile comes after it', async () => {
  const { gate } = await openTab()
  const alone = await gate.alone(undefined)
  const order: string[] = []
  const opening = openTab().then(() => void order.push('open'))
  await untilWaiting('shared')
  order.push('migrated')
  await alone[Symbol.asyncDispose]()
  await opening
  expect(order).toEqual(['migrated', 'open'])
})

it('opening gives up after its time', async () => {
  const { gate } = await openTab()
  await gate.alone(undefined)
  const opening = codeOf(openTab())
  await untilWaiting('shared')
  clock.advance(5000)
  expect(await opening).toBe('BUSY')
})

/** As a store migrates that has something to run, on an engine whose migrators have `queue` as their lock. */
async function migrate(gate: VersionGate, queue: { last: Promise<void> }, run: () => Promise<void>): Promise<void> {
  const lockMigrations = async (): Promise<AsyncDisposable> => {
    const before = queue.last
    const held = Promise.withResolvers<void>()
    queue.last = held.promise
    await before
    return { [Symbol.asyncDispose]: async () => held.resolve() }
  }
  const engine = withVersionGate({ lockMigrations, close: async () => ({}) } as unknown as Engine, gate)
  await using _lock = await engine.lockMigrations({})
  await using _alone = await engine.migrateAlone?.({})
  await run()
}

it('of many that migrate each is alone in its turn; who waits for that is not asked to go, who has done so before is', async () => {
  const old = await Promise.all([1, 2, 3].map(() => openTab((gate) => gate.leave())))
  const tabs = await Promise.all([1, 2, 3, 4, 5].map(() => openTab((gate) => gate.leave())))
  const queue = { last: Promise.resolve() }
  const seen: string[][] = []
  const run = async (): Promise<void> => void seen.push(await heldModes())
  await Promise.all(tabs.map(({ gate }) => migrate(gate, queue, run)))
  expect(seen).toEqual(tabs.map(() => ['exclusive']))
  expect(old.map((tab) => tab.asked())).toEqual([1, 1, 1])
  expect(tabs.map((tab) => tab.asked())).toEqual([1, 1, 1, 1, 0])
  await untilHeld(['shared'])
})

it('who did not get the lock of the migrators is present again, and has stepped aside when it tries once more', async () => {
  const first = await openTab()
  const second = await openTab(() => undefined)
  second.gate.stepAside()
  const alone = await first.gate.alone(undefined)
  second.gate.comeBack()
  // Its place is asked for already, and is not taken: it would be in its own way.
  second.gate.stepAside()
  const next = second.gate.alone(undefined)
  first.gate.leave()
  await alone[Symbol.asyncDispose]()
  expect(await heldModes()).toEqual(['exclusive'])
  await (await next)[Symbol.asyncDispose]()
  await untilHeld(['shared'])
})
