// Faults of backups: their files, their moment, their end.
import { CORE, type Mutant, SQLITE } from './mutant.ts'

export const BACKUP_MUTANTS: readonly Mutant[] = [
  {
    fault: 'a backup that failed leaves its file',
    file: 'sqlite-native/dist/backup-file.js',
    find: 'await removeBackup(this.path);',
    replace: ';',
    noticedBy: ['backupStops', 'an abort is ABORTED with its reason, before and amid'],
  },
  {
    fault: 'a backup writes over a file that is there',
    file: `${SQLITE}/sqlite-backup.js`,
    find: 'overwrite: run.overwrite',
    replace: 'overwrite: true',
    noticedBy: ['backup', 'a file that is there is replaced only by overwrite'],
  },
  {
    fault: 'a backup goes by a link at its target',
    file: 'sqlite-native/dist/backup-target.js',
    find: 'lookAt(lstat, target)',
    replace: 'lookAt(stat, target)',
    noticedBy: ['backup', 'what is no place for it is INVALID_ARGUMENT'],
  },
  {
    fault: 'a backup replaces what belongs to the database',
    file: 'sqlite-native/dist/backup-target.js',
    find: 'await assertNotDatabase(target, database);',
    replace: ';',
    noticedBy: ['backup', 'never writes over the database'],
  },
  {
    fault: 'a backup has its name before it is whole',
    file: 'sqlite-native/dist/stale-backups.js',
    find: 'function temporaryName(target) {',
    replace: 'function temporaryName(target) { return target;',
    noticedBy: ['backup', 'has its name when it is whole'],
  },
  {
    fault: 'close() waits for a backup for ever',
    file: `${CORE}/store/run-backup.js`,
    find: "openDeadline(ctx, clock, 'backup', lifecycle.signal)",
    replace: "openDeadline(ctx, clock, 'backup', new AbortController().signal)",
    noticedBy: ['backupStops', 'close() ends with CLOSED one that outlasts the drain'],
  },
  {
    fault: 'a backup is made from the log and the file apart',
    file: `${SQLITE}/maintenance/task-runner.js`,
    find: "db.prepare('VACUUM INTO ?').run([path]);",
    replace: `const fs = process.getBuiltinModule('node:fs');
      fs.writeFileSync(path, fs.readFileSync(String(db.prepare('PRAGMA database_list').all([])[0].file)));`,
    noticedBy: ['backup', 'holds what was committed'],
  },
  {
    fault: 'the date in the report of a backup can be set',
    file: `${CORE}/store/run-backup.js`,
    find: 'return freezeReport({',
    replace: 'return Object.freeze({',
    noticedBy: ['backup', 'holds what was committed, and nothing of what comes later'],
  },
]
