/**
 * CPU profiles of contenders: taken without their start-up, written for Chrome's tools, and summed up by self time.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { dirname, join } from 'node:path'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const ENTRY_COUNT = 30
const INTERVAL_US = 200
/** Not work: waiting for one's turn, and what V8 cannot attribute. */
const WAITING = new Set(['(idle)', '(program)'])

/** Where a contender's profile is. */
export function profilePath(folder: string, name: string): string {
  return join(folder, `${name}.cpuprofile`)
}

/** Profiles this process from now on; `stop` writes the file. */
export async function startProfiler(path: string): Promise<{ stop(): Promise<void> }> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('Profiler.start')
  return {
    stop: async () => {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, JSON.stringify(profile))
    },
  }
}

function nameOf({ callFrame }: ProfileNode): string {
  // Functions of addons have no source; better-sqlite3's carry odd names or none.
  if (callFrame.url === '' && !callFrame.functionName.startsWith('('))
    return `${callFrame.functionName} (native)`.trim()
  const file = callFrame.url.split('/').slice(-3).join('/')
  const place = file === '' ? '' : ` ${file}:${callFrame.lineNumber + 1}`
  return `${callFrame.functionName || '(anonymous)'}${place}`
}

/** The top entries of a contender's profile by self time, waiting left out. */
export function formatProfile(folder: string, name: string): string {
  const profile = JSON.parse(readFileSync(profilePath(folder, name), 'utf8')) as CpuProfile
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]))
  const selfUs = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const entry = names.get(id) ?? '(unknown)'
    if (!WAITING.has(entry)) selfUs.set(entry, (selfUs.get(entry) ?? 0) + (profile.timeDeltas[index] ?? 0))
  }
  const totalUs = [...selfUs.values()].reduce((total, value) => total + value, 0)
  const top = [...selfUs].toSorted(([, a], [, b]) => b - a).slice(0, ENTRY_COUNT)
  const lines = top.map(([entry, us]) => `${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${entry}`)
  return `${name}: ${(totalUs / 1000).toFixed(0)} ms of work\n${lines.join('\n')}`
}
