// The driver is loaded when a database is opened, and not before; nothing of its own is changed.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openStore } from '@upkeep/core'
import { postgres } from '@upkeep/postgres'
import pg from 'pg'
import { expect, it } from 'vitest'
import { expectCode, testDatabase } from './support/server-test.ts'

/** Registers the backend, then opens `url`; tells what was asked for of pg, before and at all. */
const script = (url: string, missing: boolean): string => `
  import { registerHooks } from 'node:module'
  let asked = 0
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'pg') return next(specifier, context)
      asked++
      if (${missing}) throw Object.assign(new Error('cannot be loaded here'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    },
  })
  const { openStore } = await import('@upkeep/core')
  const { postgres, UpkeepPostgresDialect } = await import('@upkeep/postgres')
  new UpkeepPostgresDialect({ host: 'never-opened', user: 'nobody' })
  const backends = [postgres()]
  await openStore('other:x', { backends }).catch(() => undefined)
  await openStore('postgres://', { backends }).catch(() => undefined)
  const before = asked
  const error = await openStore('${url}', { backends }).then((store) => store.close({ maintenanceOnClose: false }), (thrown) => thrown)
  console.log(JSON.stringify({ before, isAsked: asked > 0, code: error.code ?? 'opened' }))`

async function answer(url: string, missing: boolean): Promise<unknown> {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const args = ['--input-type=module', '--eval', script(url, missing)]
  return JSON.parse((await promisify(execFile)(process.execPath, args, { cwd })).stdout)
}

it('is not even looked for until a postgres: URL is opened', async () => {
  const { url } = await testDatabase()
  expect(await answer(url, false)).toEqual({ before: 0, isAsked: true, code: 'opened' })
})

it('where it cannot be loaded, that is said with a code', async () => {
  expect(await answer('postgres://me@127.0.0.1:1/db', true)).toEqual({ before: 0, isAsked: true, code: 'UNSUPPORTED' })
})

it('both schemes open the same backend, whose location holds no credentials', async () => {
  const { url } = await testDatabase()
  for (const scheme of ['postgres', 'postgresql']) {
    const backends = [postgres()]
    const store = await openStore(url.replace(/^\w+/, scheme), { backends, close: { maintenanceOnClose: false } })
    expect([store.name, store.location.includes('@')]).toEqual(['postgres', false])
    await store.close()
  }
  await expectCode(openStore('postgres://', { backends: [postgres()] }), 'INVALID_ARGUMENT')
})

it('type parsers of pg are as they were', async () => {
  const { url } = await testDatabase()
  const before = [20, 1184, 1700].map((oid) => pg.types.getTypeParser(oid))
  const store = await openStore(url, { backends: [postgres()], close: { maintenanceOnClose: false } })
  await store.close()
  expect([20, 1184, 1700].map((oid) => pg.types.getTypeParser(oid))).toEqual(before)
})
