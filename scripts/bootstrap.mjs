// Starts a script of this workspace on a machine that has Node 20 or newer and npm, and nothing else: finds pnpm in the
// pinned version, installs if anything changed since the last time, and hands over to `pnpm run <script>`, which puts
// the Node 24 of our dev dependencies first on the PATH. Does not build or test anything itself; has no dependencies.
//
//   node scripts/bootstrap.mjs <script> [arguments]
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const pinnedVersion = manifest.packageManager.split('@')[1]
const stampFile = join(root, 'node_modules', '.upkeep-installed')
const onWindows = process.platform === 'win32'

const [script, ...scriptArguments] = process.argv.slice(2)
if (!script || !(script in manifest.scripts)) fail(`usage: node scripts/bootstrap.mjs <script of package.json>`)
if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node 20 or newer is needed to start; this is ${process.version}.`)
}

const pnpm = findPnpm()
if (readStamp() !== currentStamp()) install()
handOver()

/** The command line that starts pnpm in the pinned version. */
function findPnpm() {
  const { npm_config_user_agent: agent = '', npm_execpath: parent = '' } = process.env
  if (agent.startsWith(`pnpm/${pinnedVersion} `)) return scriptOrBinary(parent)
  const found = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: onWindows })
  if (found.status === 0 && found.stdout.trim() === pinnedVersion) return ['pnpm']
  const npx = ['exec', '--yes', '--loglevel=error', `--package=pnpm@${pinnedVersion}`, '--', 'pnpm']
  return agent.startsWith('npm/') && parent ? [...scriptOrBinary(parent), ...npx] : ['npm', ...npx]
}

/** A package manager names itself by a script or by an executable, depending on how it was installed. */
function scriptOrBinary(path) {
  return /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path]
}

function install() {
  console.log(`Installing the workspace's dependencies (pnpm ${pinnedVersion}) …`)
  const startedAt = Date.now()
  // pnpm's progress would bury what follows, so it is shown only if it is needed.
  const [command, ...before] = pnpm
  const result = spawnSync(command, [...before, 'install', '--frozen-lockfile'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true' }, // never a question, such as whether to replace an existing node_modules
    maxBuffer: 64 * 1024 * 1024,
    shell: onWindows && !command.endsWith('.exe'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`)
    fail(
      'The install failed; its output is above. It needs the npm registry: check the network, a proxy, and the disk.\n' +
        'If package.json changed and the lockfile did not, run `pnpm install` and commit pnpm-lock.yaml.',
    )
  }
  writeFileSync(stampFile, currentStamp())
  console.log(`Installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
}

/** Changes whenever an install could have something to do. */
function currentStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function readStamp() {
  const isInstalled = existsSync(join(root, 'node_modules', '.bin'))
  return isInstalled && existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined
}

function handOver() {
  const [command, ...before] = pnpm
  // `--silent`: the script's own last line stays the last line, also when it fails.
  const child = spawn(command, [...before, '--silent', 'run', script, ...scriptArguments], {
    cwd: root,
    shell: onWindows && !command.endsWith('.exe'),
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`pnpm ${pinnedVersion} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
