/** The process with a plain connection: it sees what is committed, whatever a store says. Not for import. */
import Database from 'better-sqlite3'
import { serve } from '../child.ts'
import type { RowProbeProtocol } from './protocols.ts'

await serve<RowProbeProtocol>(() => {
  let countRows: ((number: number) => number) | undefined
  return {
    open: (path) => {
      const statement = new Database(path, { timeout: 10_000 }).prepare<[number], number>(
        'select count(*) from pair where number = ?',
      )
      countRows = (number) => statement.pluck().get(number) ?? 0
    },
    count: (number) => {
      if (countRows === undefined) throw new Error('there is no database yet')
      return countRows(number)
    },
  }
})
