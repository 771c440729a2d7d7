/**
 * A process that runs one retention whose `onDeleted` appends ids to a file, and is killed in the midst of it.
 *
 *   node crash-member.ts <database> <file of told ids>
 *
 * It says at each turn where it is, so that whoever kills it can do so anywhere.
 */
import { appendFile } from 'node:fs/promises'
import { deleteOlderThan } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { MAX_AGE, type RetainedSchema } from './schema.ts'

const [path = '', toldPath = ''] = process.argv.slice(2)
const say = (what: string): void => void process.send?.(what)

const store = await openSqliteStore<RetainedSchema>({ path, durability: 'normal' })
const report = await store.maintenance({
  steps: ['inspect'],
  onProgress: () => say('deleted'),
  tasks: [
    deleteOlderThan({
      table: 'event',
      column: 'at',
      maxAge: MAX_AGE,
      onDeleted: async (ids) => {
        say('telling')
        // One write of one line: the kernel keeps it, or all of it is missing.
        await appendFile(toldPath, `${ids.join(' ')}\n`)
        say('told')
      },
    }),
  ],
})
await store.close({ maintenanceOnClose: false })
say(report.tasks[0]?.status === 'done' ? 'done' : 'failed')
process.disconnect?.()
