/**
 * Collects what is registered before a runner sees it, so that a group in which a harness has no test is not made:
 * runners call an empty one a mistake.
 */
import type { TestRunner } from './runner.ts'

interface Group {
  readonly name: string
  readonly members: (Group | Test)[]
}

interface Test {
  readonly name: string
  readonly test: () => Promise<void>
}

/** Lets `collect` register with a runner like `runner`, then registers with `runner` what came of it. */
export function collectTests(runner: TestRunner, collect: (collecting: TestRunner) => void): void {
  let group: Group = { name: '', members: [] }
  const root = group
  collect({
    expect: runner.expect,
    it: (name, test) => group.members.push({ name, test }),
    describe(name, register) {
      const outer = group
      group = { name, members: [] }
      outer.members.push(group)
      register()
      group = outer
    },
  })
  for (const member of root.members) registerMember(runner, member)
}

function registerMember(runner: TestRunner, member: Group | Test): void {
  if ('test' in member) runner.it(member.name, member.test)
  else if (countTests(member) > 0) {
    runner.describe(member.name, () => {
      for (const inner of member.members) registerMember(runner, inner)
    })
  }
}

function countTests(group: Group): number {
  return group.members.reduce((count, member) => count + ('test' in member ? 1 : countTests(member)), 0)
}
