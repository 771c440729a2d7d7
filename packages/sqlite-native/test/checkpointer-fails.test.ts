// A thread for the log that cannot be had, or dies: commits copy the log then, as if there were none.
import type { OffloadTask } from '@upkeep/core/sqlite'
import { describe, expect, it } from 'vitest'
import { turns } from '../../core/test/support/outcome.ts'
import { storeWithThread } from './support/store-with-thread.ts'

/** A store whose thread fails at each task that `fails` says. */
const openWith = (fails: (task: OffloadTask) => boolean) =>
  storeWithThread((task, next) => (fails(task) ? Promise.reject(new Error('dead')) : next()))

describe('a thread', () => {
  it('that does not start is told once, not relied on, and tried again after a minute', async () => {
    const { clock, logger, write, autocheckpoint, until, openedCount } = await openWith(() => true)
    await write()
    await until(() => logger.messages.length > 0)
    expect(logger.messages).toEqual(['the checkpointer has failed {"code":"UNKNOWN"}'])
    expect(await autocheckpoint()).toBe(1000)
    await write()
    clock.advance(1000)
    await turns()
    expect(openedCount()).toBe(1)
    clock.advance(60_000)
    await write()
    await until(() => openedCount() === 2)
  })

  it('that dies in the middle leaves the log to the commits', async () => {
    const { logger, write, autocheckpoint, until } = await openWith((task) => 'mode' in task && task.mode === 'PASSIVE')
    await write()
    await until(() => logger.messages.length > 0)
    await turns()
    expect(await autocheckpoint()).toBe(1000)
  })
})
