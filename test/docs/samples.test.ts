// Every sample of the documents compiles, and every page's program runs to its end.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { HealthFinding } from '@upkeep/core'
import { afterAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase } from '../servers/test-servers.ts'
import { root, writeSamples } from './samples.ts'

const run = promisify(execFile)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'upkeep-docs-')))
const pages = writeSamples(folder)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const folderOf = (page: string): string => pages.find(({ name }) => name === page)?.folder ?? ''

/** Runs a program of a page until it says that it listens; `end` sends SIGTERM and tells how it went. */
async function startServer(page: string, file: string, env: NodeJS.ProcessEnv = {}) {
  const cwd = folderOf(page)
  const server = spawn(process.execPath, [file], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(server, 'close')
  let output = ''
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await Promise.race([once(server.stdout, 'data'), gone])
  const end = async () => {
    server.kill('SIGTERM')
    return { exit: await gone, output }
  }
  return { cwd, firstOutput: output, end }
}

describe('samples of the documents', () => {
  it('compile', { timeout: 120_000 }, async () => {
    const compilerOptions = {
      types: ['node'],
      noEmit: true,
      composite: false,
      isolatedDeclarations: false,
      declarationMap: false,
    }
    const config = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { ...compilerOptions, lib: ['es2024', 'esnext.disposable'], skipLibCheck: true },
      include: ['*/*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  })

  for (const { name, folder: cwd } of pages.filter(({ hasProgram }) => hasProgram)) {
    it(`${name} runs`, { timeout: 60_000 }, async () => {
      const isServer = readFileSync(join(cwd, 'page.ts'), 'utf8').includes('process.env.STORE_URL')
      const database = isServer ? await createPostgresDatabase('newest') : undefined
      const env = database === undefined ? process.env : { ...process.env, STORE_URL: database.url }
      try {
        await run(process.execPath, ['page.ts'], { cwd, env })
      } finally {
        await database?.drop()
      }
    })
  }

  it('the server of the closing guide ends by itself on SIGTERM, with an empty log', { timeout: 60_000 }, async () => {
    const { cwd, end } = await startServer('docs/guides/closing.md', 'server.ts')
    expect((await end()).exit).toEqual([0, null])
    expect([existsSync(join(cwd, 'server.db')), existsSync(join(cwd, 'server.db-wal'))]).toEqual([true, false])
  })

  it('the service of the README is complete in 25 lines: it migrates, answers a probe, and ends as it should', {
    timeout: 60_000,
  }, async () => {
    const cwd = folderOf('README.md')
    const sample = readFileSync(join(cwd, 'service.ts'), 'utf8')
    expect(sample.trimEnd().split('\n').length).toBeLessThanOrEqual(25)
    // The sample as it is, and one line that tells how it has ended.
    const last = "process.once('exit', () => console.log('service', service.stats().state))"
    writeFileSync(join(cwd, 'watched-service.ts'), `${sample}${last}\n`)
    const { firstOutput, end } = await startServer('README.md', 'watched-service.ts', { PORT: '0' })
    const [, port] = /port: (\d+)/.exec(firstOutput) ?? []
    const answer = await fetch(`http://localhost:${port}/`)
    const { findings, service } = (await answer.json()) as { findings: HealthFinding[]; service: { state: string } }
    expect([answer.status, service.state]).toEqual([200, 'running'])
    expect(findings.find(({ code }) => code === 'reachable')).toMatchObject({ status: 'pass' })
    expect(await end()).toEqual({ exit: [0, null], output: expect.stringContaining('service stopped') })
    expect([existsSync(join(cwd, 'visits.db')), existsSync(join(cwd, 'visits.db-wal'))]).toEqual([true, false])
  })
})
