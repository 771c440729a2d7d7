// A VACUUM that is stopped by its writes alone: no progress handler is set here, as in its second half none is called.
import { HostContext } from '@upkeep/core/sqlite'
import { expect, it } from 'vitest'
import { ProgressStopper } from '../dist/progress-stopper.js'
import { loadSqlite3, type Pointer } from '../dist/sqlite3-module.js'
import type { WasmFiles } from '../dist/wasm-files.js'
import { WasmPort } from '../dist/wasm-port.js'
import { WriteGate } from '../dist/write-gate.js'

const FILL = `create table t (id integer primary key, body blob);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000)
  insert into t select i, randomblob(4000) from n;`

async function openFilled(isStopped: () => boolean, path: string) {
  const sqlite3 = await loadSqlite3(undefined)
  let pointer: Pointer | undefined
  const files = {
    opened(_: string, db: Pointer): void {
      pointer = db
    },
    closed: () => undefined,
  }
  const port = new WasmPort(sqlite3, { vfs: null, files: files as unknown as WasmFiles })
  const db = port.open(path, { readOnly: false, mustExist: false })
  const { capi, wasm } = sqlite3
  const gate = new WriteGate(sqlite3, () => {
    const out = wasm.exports.sqlite3_malloc(8)
    capi.sqlite3_file_control(pointer as Pointer, 'main', capi.SQLITE_FCNTL_FILE_POINTER, out)
    return wasm.peekPtr(wasm.peekPtr(out))
  })
  db.exec(FILL)
  const stopper = new ProgressStopper(isStopped, gate)
  const vacuum = (limitMs?: number): unknown => {
    try {
      return stopper.runWriting?.(new HostContext({}), limitMs, () => db.exec('VACUUM'))
    } catch (error) {
      return (error as { code?: string }).code
    }
  }
  const check = (): unknown[] => [
    db.prepare('pragma integrity_check').all([])[0]?.integrity_check,
    db.prepare('select count(*) as n from t').all([])[0]?.n,
  ]
  return { db, vacuum, check }
}

it('is ABORTED by its call, and late by its limit; the database is whole, and the next one succeeds', async () => {
  let isStopped = true
  const { db, vacuum, check } = await openFilled(() => isStopped, '/stopped.db')
  expect(vacuum()).toBe('ABORTED')
  expect(check()).toEqual(['ok', 4000])
  isStopped = false
  expect(vacuum(0)).toBe(false)
  expect(check()).toEqual(['ok', 4000])
  expect(vacuum()).toBe(true)
  expect(check()).toEqual(['ok', 4000])
  db.close()
})

it('is stopped whichever of its looks it is', async () => {
  let looks = 0
  let stopAt = Number.POSITIVE_INFINITY
  const { db, vacuum, check } = await openFilled(() => ++looks >= stopAt, '/later.db')
  expect(vacuum()).toBe(true)
  const lookCount = looks
  for (const share of [0.2, 0.5, 0.8]) {
    looks = 0
    stopAt = Math.max(1, Math.floor(lookCount * share))
    const outcome = vacuum()
    // How often it looks depends on the time that it takes.
    expect(outcome === 'ABORTED' || looks < stopAt).toBe(true)
    expect(check()).toEqual(['ok', 4000])
  }
  db.close()
})
