/**
 * Runs the demo in its small mode as a user would, in a process of its own: exit code, key lines, chart.
 *
 * No figure is asserted: they belong to the machine.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DOMParser, onWarningStopParsing } from '@xmldom/xmldom'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const LIMIT_MS = 60_000

interface Finished {
  readonly exitCode: number | null
  readonly output: string
}

function runDemo(
  args: readonly string[],
  onOutput?: (soFar: string, interrupt: () => void) => void,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { timeout: LIMIT_MS, killSignal: 'SIGKILL' })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk.toString()
      onOutput?.(output, () => child.kill('SIGINT'))
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}

describe('demo', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upkeep-demo-test-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('shows maintenance, an aborted VACUUM, an intact database and a clean close', { timeout: LIMIT_MS }, async () => {
    const { exitCode, output } = await runDemo(['--quick', '--out', folder])
    expect(output).toContain('GeoNames')
    expect(output).toContain('CC BY 4.0')
    expect(output).toMatch(/reclaim\s+│\s+done/)
    expect(output).toMatch(/database file\s+│/)
    expect(output).toMatch(/event loop, largest lag\s+│/)
    expect(output).toMatch(/Stopped\s+\S+ m?s later/)
    expect(output).toMatch(/integrity\s+│\s+done/)
    expect(output).toMatch(/Requests\s+[\d,]+, 0 failed/)
    expect(output).toMatch(/Clean\s+yes/)
    expect(output).toContain('✓ All as expected.')
    expect(exitCode).toBe(0)

    const chart = await readFile(join(folder, 'latency.svg'), 'utf8')
    const document = new DOMParser({ onError: onWarningStopParsing }).parseFromString(chart, 'image/svg+xml')
    expect(document.documentElement?.nodeName).toBe('svg')
    expect(document.getElementsByTagName('path')).toHaveLength(5)
    for (const phase of ['load', 'at rest', 'delete', 'maintenance', 'VACUUM, aborted']) expect(chart).toContain(phase)
    expect(await readdir(folder)).toEqual(['latency.svg'])
  })

  it('closes the store and cleans up when interrupted', { timeout: LIMIT_MS }, async () => {
    let interrupted = false
    const { exitCode, output } = await runDemo(['--quick', '--out', folder], (soFar, interrupt) => {
      if (interrupted || !soFar.includes('2  Traffic at rest')) return
      interrupted = true
      interrupt()
    })
    expect(output).toContain('store.close()')
    expect(output).toMatch(/Clean\s+yes/)
    expect(output).toContain('Interrupted.')
    expect(exitCode).toBe(130)
    expect(await readdir(folder)).toEqual([])
  })

  it('refuses options it does not know', { timeout: LIMIT_MS }, async () => {
    const { exitCode, output } = await runDemo(['--fast'])
    expect(output).toContain('Usage:')
    expect(exitCode).toBe(2)
  })
})
