// The lock that a process holds among others, and that dies with it. What maintenance and migrations do with it is
// tested by the suite.
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type SidecarHold, SidecarLock } from '../../core/dist/sqlite/sidecar-lock.js'
import { loadBetterSqlite3 } from '../dist/better-sqlite3-port.js'
import { startNode } from './support/run-node.ts'
import { tempFolder } from './support/temp-folder.ts'

const port = await loadBetterSqlite3({ extensions: [], setupModule: undefined })

const lockOf = (path: string, owner: string): SidecarLock => new SidecarLock(port, path, owner)

function hold(lock: SidecarLock): SidecarHold {
  const attempt = lock.tryAcquire()
  if (!attempt.held) throw new Error(`held by ${attempt.holder}`)
  return attempt
}

/** Another process that takes the lock and keeps it until it is killed. */
const holderScript = (path: string): string => `
  import { SidecarLock } from ${JSON.stringify(new URL('../../core/dist/sqlite/sidecar-lock.js', import.meta.url).href)}
  import { loadBetterSqlite3 } from ${JSON.stringify(new URL('../dist/better-sqlite3-port.js', import.meta.url).href)}
  const port = await loadBetterSqlite3({ extensions: [], setupModule: undefined })
  const attempt = new SidecarLock(port, ${JSON.stringify(path)}, 'process ' + process.pid).tryAcquire()
  if (attempt.held) attempt.remember('vacuumed_at', '5')
  console.log(JSON.stringify({ held: attempt.held, holder: attempt.holder }))
  // A hold that nobody refers to is collected some day, and its lock with it.
  setInterval(() => attempt, 1000)`

describe('in one process', () => {
  it('has one holder at a time, and the other hears who it is', () => {
    const { path } = tempFolder()
    const held = hold(lockOf(path('x'), 'process A'))
    for (const owner of ['process A', 'process B']) {
      const attempt = lockOf(path('x'), owner).tryAcquire()
      expect(attempt.held).toBe(false)
      expect(!attempt.held && attempt.holder).toMatch(/^process A \(/)
    }
    held.release()
    hold(lockOf(path('x'), 'process B')).release()
  })

  it('each file is a lock of its own', () => {
    const { path } = tempFolder()
    const [one, two] = [hold(lockOf(path('x'), 'A')), hold(lockOf(path('y'), 'B'))]
    one.release()
    two.release()
  })

  it('what is noted is there for the next holder, not before it is released, and can be changed', () => {
    const { path } = tempFolder()
    const lock = lockOf(path('x'), 'A')
    const first = hold(lock)
    expect(first.recall('a')).toBeUndefined()
    first.remember('a', '1')
    expect(first.recall('a')).toBe('1')
    first.release()
    const second = hold(lock)
    expect(second.recall('a')).toBe('1')
    second.remember('a', '2')
    second.remember("b'; drop table note; --", 'x')
    second.release()
    const third = hold(lock)
    expect([third.recall('a'), third.recall("b'; drop table note; --"), third.recall('c')]).toEqual([
      '2',
      'x',
      undefined,
    ])
    third.release()
  })

  it('can be released while somebody reads the file: the lock is free, whatever becomes of the note', () => {
    const { path } = tempFolder()
    const lock = lockOf(path('x'), 'A')
    const held = hold(lock)
    held.remember('a', '1')
    const reader = port.open(path('x'), { readOnly: true, mustExist: true, plain: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT * FROM holder').all([])
    expect(() => held.release()).not.toThrow()
    reader.close()
    hold(lock).release()
  })

  it('a file that is something else is an error, not a free lock', () => {
    const { path } = tempFolder()
    writeFileSync(path('x'), 'x'.repeat(5000))
    let code: string | undefined
    try {
      lockOf(path('x'), 'A').tryAcquire()
    } catch (error) {
      code = port.resultCode(error)
    }
    expect(code).toBe('SQLITE_NOTADB')
  })
})

describe('among processes', () => {
  it('is held by the other, who is named, until it is killed; what it had not released it has not noted', async () => {
    const { path } = tempFolder()
    const first = hold(lockOf(path('x'), 'A'))
    first.remember('vacuumed_at', '1')
    first.release()
    const { child, finished, line } = startNode(holderScript(path('x')))
    expect(JSON.parse(await line())).toEqual({ held: true })
    const attempt = lockOf(path('x'), 'A').tryAcquire()
    expect(attempt.held).toBe(false)
    expect(!attempt.held && attempt.holder).toMatch(new RegExp(`^process ${child.pid} `))
    child.kill('SIGKILL')
    await finished
    const held = hold(lockOf(path('x'), 'A'))
    expect(held.recall('vacuumed_at')).toBe('1')
    held.release()
  })

  it('is refused to the other while it is held here', async () => {
    const { path } = tempFolder()
    const held = hold(lockOf(path('x'), 'me'))
    const { child, finished, line } = startNode(holderScript(path('x')))
    expect(JSON.parse(await line())).toMatchObject({ held: false, holder: expect.stringMatching(/^me /) })
    child.kill('SIGKILL')
    await finished
    held.release()
  })
})
