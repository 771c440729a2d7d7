/** Tasks of `maintenance()` that are not begun: lists that are none, and while another process maintains. */
import type { Topic } from '../suite/suite.ts'

export const tasksRefused: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  describe('what is no list of tasks is INVALID_ARGUMENT', () => {
    const run = async (): Promise<void> => undefined
    for (const [what, given] of [
      [
        'two of one name',
        [
          { name: 'a', run },
          { name: 'a', run },
        ],
      ],
      ['one without a name', [{ name: '', run }]],
      ['one that does nothing', [{ name: 'a' }]],
      ['a deadline of nothing', [{ name: 'a', run, timeoutMs: 0 }]],
      ['no list', { name: 'a', run }],
    ] as const) {
      test(what, async ({ open }) => {
        const store = await open()
        await expectCode(store.maintenance({ tasks: given as never }), 'INVALID_ARGUMENT')
      })
    }
  })

  if (capabilities.multiProcess && capabilities.singleMaintainer !== false) {
    test('while another process maintains, none is begun', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('holdMaintenance')
      const never = { name: 'never', run: () => Promise.reject(new Error('it was begun')) }
      expect(await store.maintenance({ tasks: [never] })).toMatchObject({ outcome: 'skipped', tasks: [] })
      await other.call('release')
    })
  }
}
