// vitest's global set-up: one keeper of test servers for the whole run. It starts no server; the first test that asks
// for one does.
import { startKeeper } from './start-keeper.ts'

export default async function setUp(): Promise<() => Promise<void>> {
  const keeper = await startKeeper()
  // Inherited by the processes of the tests, and by theirs.
  process.env.UPKEEP_TEST_SERVERS = keeper.address
  return keeper.stop
}
