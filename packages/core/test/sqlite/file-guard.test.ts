// The guard over files that are none: what it looks at, how often, and what it makes of what it sees. That it holds for
// real files, which others change, is the suite's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileGuard, type PageCounts } from '../../dist/sqlite/file-guard.js'
import type { FileLook } from '../../dist/sqlite/port.js'
import { createManualClock } from '../support/manual-clock.ts'

const NOW_MS = 1_000_000
const PAGE = 4096

beforeEach(() => void vi.spyOn(Date, 'now').mockReturnValue(NOW_MS))
afterEach(() => void vi.restoreAllMocks())

interface World {
  files: Record<string, FileLook | undefined>
  pages: PageCounts | Error
  looked: string[]
  failures: string[]
  moved: string[]
}

const file = (ino: number, size = 10 * PAGE, ctimeMs = 0): FileLook => ({ dev: 1, ino, size, ctimeMs })

function openGuard({ tells = true }: { readonly tells?: boolean } = {}) {
  const world: World = {
    files: { '/d': file(1), '/d/a.db': file(2), '/d/a.db-wal': file(3), '/d/a.db-shm': file(4) },
    pages: { pageCount: 10, pageSizeBytes: PAGE, uncopiedFrames: 0 },
    looked: [],
    failures: [],
    moved: [],
  }
  const clock = createManualClock()
  const guard = new FileGuard({
    path: '/d/a.db',
    clock,
    files: {
      look: (path) => {
        world.looked.push(path)
        return world.files[path]
      },
      tellingDirectory: () => (tells ? '/d' : undefined),
      setAside: (path, to) => {
        world.moved.push(to)
        world.files[to] = world.files[path]
        world.files[path] = undefined
      },
      sizeBytes: () => undefined,
      identity: () => undefined,
      freeBytes: () => undefined,
      freeTempBytes: () => undefined,
    },
    countPages: () => {
      if (world.pages instanceof Error) throw world.pages
      return world.pages
    },
    isBusy: (error) => (error as Error).message === 'busy',
    onFailure: ({ code }) => void world.failures.push(code),
  })
  guard.adopt()
  guard.adoptLog()
  world.looked = []
  return { guard, world, clock, looked: () => world.looked.splice(0) }
}

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'nothing'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const ALL = ['/d', '/d/a.db', '/d/a.db-wal']

describe('how often it looks', () => {
  it('before the first read, and then not before 100 ms have passed; one timer, and none while nobody asks', () => {
    const { guard, clock, looked } = openGuard()
    guard.beforeRead()
    guard.beforeRead()
    expect(looked()).toEqual(ALL)
    expect(clock.pendingMs).toEqual([100])
    clock.advance(99)
    guard.beforeRead()
    expect(looked()).toEqual([])
    clock.advance(1)
    expect(clock.pendingMs).toEqual([])
    guard.beforeRead()
    expect(looked()).toEqual(ALL)
    guard.stop()
    expect(clock.pendingMs).toEqual([])
  })

  it('before each write: at the directory, where it tells', () => {
    const { guard, looked } = openGuard()
    guard.beforeWrite()
    expect(looked()).toEqual(ALL)
    guard.beforeWrite()
    guard.beforeWrite()
    expect(looked()).toEqual(['/d', '/d'])
  })

  it('at each file where the directory does not tell, or has only just changed', () => {
    const silent = openGuard({ tells: false })
    silent.guard.beforeWrite()
    silent.guard.beforeWrite()
    expect(silent.looked()).toEqual(['/d/a.db', '/d/a.db-wal', '/d/a.db', '/d/a.db-wal'])
    const young = openGuard()
    young.world.files['/d'] = file(1, 0, NOW_MS - 50)
    young.guard.beforeWrite()
    young.guard.beforeWrite()
    expect(young.looked()).toEqual([...ALL, ...ALL])
  })

  it('anew when the directory has changed, or is another one', () => {
    for (const changed of [file(1, 0, NOW_MS - 1), file(9)]) {
      const { guard, world, looked } = openGuard()
      guard.beforeWrite()
      looked()
      world.files['/d'] = changed
      guard.beforeWrite()
      expect(looked()).toEqual(['/d', ...ALL])
    }
  })

  it('not at all where nobody can look', () => {
    const { clock } = openGuard()
    const files = { sizeBytes: () => 1, identity: () => 'x', freeBytes: () => 1, freeTempBytes: () => 1 }
    const countPages = (): never => {
      throw new Error('asked')
    }
    const parts = { path: '/d/a.db', clock, countPages, isBusy: () => false, onFailure: () => undefined }
    for (const guard of [
      new FileGuard({ ...parts, files }),
      new FileGuard({ ...parts, files: undefined }),
      new FileGuard({ ...parts, path: ':memory:', files: { ...files, look: () => undefined } }),
    ]) {
      expect([guard.adopt(), guard.isWatching, guard.isUsable(), guard.closingState()]).toEqual([
        false,
        false,
        true,
        'ours',
      ])
    }
  })
})

describe('what it makes of what it sees', () => {
  it.each<[string, string, FileLook | undefined, string, 'ours' | 'foreign']>([
    ['another database', '/d/a.db', file(9), 'REPLACED', 'foreign'],
    ['one of another device', '/d/a.db', { ...file(2), dev: 2 }, 'REPLACED', 'foreign'],
    ['no database', '/d/a.db', undefined, 'REPLACED', 'foreign'],
    ['another log', '/d/a.db-wal', file(9), 'REPLACED', 'foreign'],
    ['no log: what we hold of it can still be copied', '/d/a.db-wal', undefined, 'REPLACED', 'ours'],
    ['half of the database', '/d/a.db', file(2, 5 * PAGE), 'CORRUPT', 'foreign'],
    ['an empty database', '/d/a.db', file(2, 0), 'CORRUPT', 'foreign'],
    ['a larger database', '/d/a.db', file(2, 20 * PAGE), 'nothing', 'ours'],
  ])('%s', (_what, path, look, code, closing) => {
    const { guard, world } = openGuard()
    world.files[path] = look
    expect(codeOf(() => guard.assertSame())).toBe(code)
    expect(guard.closingState()).toBe(closing)
    expect(world.failures).toEqual(code === 'nothing' ? [] : [code])
    // It stays so, whatever comes, and is told once.
    world.files[path] = file(path === '/d/a.db' ? 2 : 3)
    expect([codeOf(() => guard.beforeRead()), codeOf(() => guard.beforeWrite())]).toEqual([code, code])
    expect(world.failures.length).toBe(code === 'nothing' ? 0 : 1)
    guard.adopt()
    guard.adoptLog()
    expect(guard.isUsable()).toBe(true)
  })

  it('a smaller database is one that was vacuumed, if all of its pages are there or in the log', () => {
    for (const pages of [
      { pageCount: 5, pageSizeBytes: PAGE, uncopiedFrames: 0 },
      { pageCount: 10, pageSizeBytes: PAGE, uncopiedFrames: 5 },
      new Error('busy'),
    ]) {
      const { guard, world } = openGuard()
      world.files['/d/a.db'] = file(2, 5 * PAGE)
      world.pages = pages
      expect(guard.isUsable()).toBe(true)
    }
  })

  it('what SQLite itself does not want to read is CORRUPT', () => {
    const { guard, world } = openGuard()
    world.files['/d/a.db'] = file(2, 5 * PAGE)
    world.pages = new Error('malformed')
    expect(codeOf(() => guard.assertSame())).toBe('CORRUPT')
  })
})

describe('setLogAside', () => {
  it('renames log and index, if they are ours and the database is not; under a name that nobody has', () => {
    const { guard, world } = openGuard()
    expect(guard.setLogAside()).toEqual([])
    world.files['/d/a.db'] = file(9)
    world.files['/d/a.db.replaced-20260101T000000Z-wal'] = file(8)
    const stem = '/d/a.db.replaced-20260101T000000Z-2'
    expect(guard.setLogAside()).toEqual([`${stem}-wal`, `${stem}-shm`])
    expect(guard.setLogAside()).toEqual([])
  })

  it('leaves those that came with the new database', () => {
    const { guard, world } = openGuard()
    world.files['/d/a.db'] = file(9)
    world.files['/d/a.db-wal'] = file(10)
    world.files['/d/a.db-shm'] = file(11)
    expect(guard.setLogAside()).toEqual([])
    expect(world.moved).toEqual([])
  })
})
