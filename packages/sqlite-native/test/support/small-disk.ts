// A disk of a few megabytes that only one process and what it starts can see.
import { execFileSync, spawnSync } from 'node:child_process'

const flags = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']

/** Whether one can be made here: no rights are needed where users have namespaces. */
export const hasSmallDisk: boolean =
  process.platform === 'linux' && spawnSync('unshare', [...flags, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** Runs `script`, whose last line of output is JSON, with such a disk mounted at `folder`. */
export function onSmallDisk(folder: string, script: string, sizeMb = 6): unknown {
  const command = `mount -t tmpfs -o size=${sizeMb}m tmpfs "$1" && exec "$2" --input-type=module --eval "$3"`
  const out = execFileSync('unshare', [...flags, 'sh', '-c', command, 'sh', folder, process.execPath, script], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '')
}
