/**
 * Which sort of file system a database lies on, and what follows from it.
 *
 * A write-ahead log needs memory that all processes share, and locks that hold. Network file systems and drives that are
 * shared with another system give neither. Only Linux tells the type by number: on macOS and Windows nothing is known
 * here, and nothing is refused. Source: https://www.sqlite.org/wal.html
 */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError, type StoreLog } from '@upkeep/core'
import type { JournalKind } from '@upkeep/core/sqlite'

/** What is done about a file system on which a write-ahead log is known not to work. */
export type NetworkFileSystemPolicy = 'refuse' | 'rollback-journal' | 'warn'

/** A file system: its name, and whether it is known to be safe. */
export interface FileSystem {
  readonly name: string
  /** `network` does not give what the log needs, `fuse` may or may not; `local` tells of changes in directories. */
  readonly kind: 'local' | 'network' | 'fuse' | 'unknown'
}

/** Gives the type of the file system that has a directory. */
export type ReadFileSystemType = (directory: string) => number | undefined

/** Source: statfs(2), https://man7.org/linux/man-pages/man2/statfs.2.html */
const TYPES: ReadonlyMap<number, FileSystem> = new Map([
  [0x6969, { name: 'NFS', kind: 'network' }],
  [0x517b, { name: 'SMB', kind: 'network' }],
  [0xff534d42, { name: 'CIFS', kind: 'network' }],
  [0xfe534d42, { name: 'SMB2', kind: 'network' }],
  [0x01021997, { name: '9P, the drives of WSL among them', kind: 'network' }],
  [0x5346414f, { name: 'AFS', kind: 'network' }],
  [0x00c36400, { name: 'Ceph', kind: 'network' }],
  [0x0bd00bd0, { name: 'Lustre', kind: 'network' }],
  [0x786f4256, { name: 'vboxsf', kind: 'network' }],
  [0x65735546, { name: 'FUSE', kind: 'fuse' }],
  [0xef53, { name: 'ext4', kind: 'local' }],
  [0x58465342, { name: 'XFS', kind: 'local' }],
  [0x9123683e, { name: 'Btrfs', kind: 'local' }],
  [0x01021994, { name: 'tmpfs', kind: 'local' }],
  [0xf2f52010, { name: 'F2FS', kind: 'local' }],
])

const UNKNOWN: FileSystem = { name: 'unknown', kind: 'unknown' }

/** `type` may be signed: on some platforms it comes as 32 bits. */
export function classifyFileSystem(type: number | undefined, platform: NodeJS.Platform = process.platform): FileSystem {
  if (type === undefined || platform !== 'linux') return UNKNOWN
  return TYPES.get(type >>> 0) ?? UNKNOWN
}

/** As the operating system has it; `undefined` where it cannot be asked. */
export const readFileSystemType: ReadFileSystemType = (directory) => {
  try {
    return statfsSync(directory).type
  } catch {
    return undefined
  }
}

/** The file system of the file `path`, which has no links in it and need not be there. */
export function fileSystemOf(path: string, readType: ReadFileSystemType = readFileSystemType): FileSystem {
  return classifyFileSystem(readType(dirname(path)))
}

/**
 * The journal for a database on `fileSystem`. Without a `policy` it is `rollback-journal` where the log is known to fail,
 * and `warn` on FUSE, where it depends on what is behind. @throws UNSUPPORTED
 */
export function chooseJournal(
  { name, kind }: FileSystem,
  policy: NetworkFileSystemPolicy | undefined,
  log: StoreLog,
): JournalKind {
  if (kind !== 'network' && kind !== 'fuse') return 'wal'
  switch (policy ?? (kind === 'network' ? 'rollback-journal' : 'warn')) {
    case 'refuse':
      throw new StoreError('UNSUPPORTED', `the database would lie on a network file system (${name})`, {
        operation: 'open',
      })
    case 'rollback-journal':
      log.warn('the database lies on a network file system: it gets a rollback journal and one connection', {
        fileSystem: name,
      })
      return 'rollback'
    case 'warn':
      log.warn('the database lies on a file system on which a write-ahead log may fail', { fileSystem: name })
      return 'wal'
  }
}
