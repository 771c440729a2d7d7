// Cross-compiles upkeep-interrupt.c for every target into bin/, on one machine, by clang and lld alone: no C library,
// no system headers, no SDK. The only header is the sqlite3ext.h of better-sqlite3. The same compiler gives the same
// bytes; SHA256SUMS says which, and of which source.
//
//   node build.ts            builds bin/ and writes SHA256SUMS
//   node build.ts --check    compares: hashes always, and, where the compiler is there, a build with the bytes in bin/
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Other versions give other bytes. Debian 12 and 13 have this one, as clang-19 and lld-19. */
const LLVM_VERSION = '19.1.7'
const LLVM_MAJOR = LLVM_VERSION.split('.')[0]

const HERE = import.meta.dirname
const SOURCE = 'upkeep-interrupt.c'
const MAC_STUB = 'libSystem.tbd'
const SUMS = join(HERE, 'SHA256SUMS')
/** As a Mac knows the library: part of its signature. */
const INSTALL_NAME = '@rpath/upkeep-interrupt.dylib'

const COMPILE = [
  ...['-c', '-Os', '-std=c11', '-Wall', '-Wextra', '-Werror'],
  ...['-ffreestanding', '-fno-builtin', '-nostdlibinc', '-fvisibility=hidden'],
  ...['-fno-stack-protector', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables', '-fno-ident'],
]

interface Target {
  /** Under bin/: the platform and architecture as Node calls them. */
  readonly file: string
  readonly triple: string
  readonly compile?: readonly string[]
  readonly linker: string
  readonly link: (object: string, output: string) => readonly string[]
}

const TARGETS: readonly Target[] = [
  linux('x64', 'x86_64'),
  // Without outline atomics, whose functions are in a library.
  linux('arm64', 'aarch64', ['-mno-outline-atomics']),
  mac('x64', 'x86_64'),
  mac('arm64', 'arm64'),
  windows('x64', 'x86_64'),
  windows('arm64', 'aarch64'),
]

/** One for glibc and musl: it needs neither. */
function linux(arch: string, cpu: string, compile: readonly string[] = []): Target {
  return {
    file: `linux-${arch}.so`,
    triple: `${cpu}-unknown-linux-gnu`,
    compile: ['-fPIC', ...compile],
    linker: 'ld.lld',
    link: (object, output) => [
      ...['-shared', '--strip-all', '--build-id=none', '--hash-style=both', '-z', 'noexecstack', '-z', 'relro'],
      ...['-z', 'now', object, '-o', output],
    ],
  }
}

/** Linked to libSystem, of which it uses nothing, because a Mac may refuse a library that is linked to none. */
function mac(arch: string, cpu: string): Target {
  return {
    file: `darwin-${arch}.dylib`,
    triple: `${cpu}-apple-macosx11.0`,
    linker: 'ld64.lld',
    link: (object, output) => [
      ...['-dylib', '-arch', cpu, '-platform_version', 'macos', '11.0', '11.0', '-adhoc_codesign', '-x'],
      ...['-install_name', INSTALL_NAME, object, join(HERE, MAC_STUB), '-o', output],
    ],
  }
}

function windows(arch: string, cpu: string): Target {
  return {
    file: `win32-${arch}.dll`,
    triple: `${cpu}-pc-windows-msvc`,
    linker: 'lld-link',
    link: (object, output) => [
      ...['/dll', '/noentry', '/nodefaultlib', '/noimplib', '/Brepro', `/machine:${arch}`, `/out:${output}`, object],
    ],
  }
}

/** What a check says. `isRebuilt` is false where the compiler was not there, so that only hashes were compared. */
export interface InterruptCheck {
  readonly ok: boolean
  readonly isRebuilt: boolean
  readonly output: string
}

/** Compares what is committed with its hashes and, where the compiler is there, with what it makes of the source. */
export function checkInterrupt(): InterruptCheck {
  const problems: string[] = []
  const actual = sums(join(HERE, 'bin'))
  if (actual !== readFileSync(SUMS, 'utf8')) {
    problems.push('SHA256SUMS does not fit the source or the binaries; build them, or take back the change', actual)
  }
  const missing = missingTools()
  if (missing !== undefined) {
    problems.push(`NOT rebuilt, only hashes were compared: ${missing}`)
    return { ok: problems.length === 1, isRebuilt: false, output: problems.join('\n') }
  }
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-interrupt-'))
  try {
    build(folder)
    for (const { file } of TARGETS) {
      const isSame = readFileSync(join(folder, file)).equals(readFileSync(join(HERE, 'bin', file)))
      if (!isSame) problems.push(`${file}: a build gives other bytes`)
    }
  } catch (error) {
    problems.push(String(error))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const output = problems.length > 0 ? problems.join('\n') : `${TARGETS.length} targets rebuilt, the same bytes`
  return { ok: problems.length === 0, isRebuilt: true, output }
}

/** Builds every target into `folder`. */
function build(folder: string): void {
  const require = createRequire(import.meta.url)
  const headers = join(dirname(require.resolve('better-sqlite3/package.json')), 'deps', 'sqlite3')
  for (const { file, triple, compile = [], linker, link } of TARGETS) {
    const object = join(folder, `${file}.o`)
    run(tool('clang'), [...COMPILE, ...compile, `--target=${triple}`, `-I${headers}`, join(HERE, SOURCE), '-o', object])
    run(tool(linker), link(object, join(folder, file)))
    rmSync(object)
  }
}

function tool(name: string): string {
  return `${name}-${LLVM_MAJOR}`
}

/** Why nothing can be built here; `undefined` if it can. */
function missingTools(): string | undefined {
  for (const name of ['clang', 'ld.lld', 'ld64.lld', 'lld-link']) {
    const { stdout, error } = spawnSync(tool(name), ['--version'], { encoding: 'utf8' })
    if (error !== undefined) return `${tool(name)} is not here`
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0]
    if (version !== LLVM_VERSION) return `${tool(name)} is ${version}, and ${LLVM_VERSION} made these bytes`
  }
  return undefined
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error ?? stderr}`)
}

/** In the form of sha256sum: what it was made of, and what was made. */
function sums(binaries: string): string {
  const files = [SOURCE, MAC_STUB, ...readdirSync(binaries).map((file) => `bin/${file}`)].sort()
  const hash = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(join(HERE, file)))
      .digest('hex')
  return files.map((file) => `${hash(file)}  ${file}\n`).join('')
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const { ok, output } = checkInterrupt()
    console.log(output)
    process.exitCode = ok ? 0 : 1
  } else {
    const missing = missingTools()
    if (missing !== undefined) throw new Error(missing)
    const bin = join(HERE, 'bin')
    rmSync(bin, { recursive: true, force: true })
    mkdirSync(bin)
    build(bin)
    writeFileSync(SUMS, sums(bin))
    console.log(readFileSync(SUMS, 'utf8').trimEnd())
  }
}
