// Every sample of the documents compiles, and every page's program runs to its end.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { root, writeSamples } from './samples.ts'

const run = promisify(execFile)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'upkeep-docs-')))
const pages = writeSamples(folder)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
      await run(process.execPath, ['page.ts'], { cwd })
    })
  }

  it('the server of the closing guide ends by itself on SIGTERM, with an empty log', async () => {
    const cwd = pages.find(({ name }) => name === 'docs/guides/closing.md')?.folder ?? ''
    const server = spawn(process.execPath, ['server.ts'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(server, 'exit')
    await once(server.stdout, 'data')
    server.kill('SIGTERM')
    expect(await gone).toEqual([0, null])
    expect([existsSync(join(cwd, 'server.db')), existsSync(join(cwd, 'server.db-wal'))]).toEqual([true, false])
  })
})
