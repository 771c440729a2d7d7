/**
 * `npm run demo`: options, Ctrl-C, exit code. What is shown is in `run-demo.ts`.
 *
 * Exit codes: 0 all went as expected, 1 something did not, 2 wrong usage, 130 interrupted. In each case the store was
 * closed first; a second Ctrl-C does not wait for that.
 */
import { ConsoleDisplay } from './console-display.ts'
import { type DemoOptions, parseOptions, USAGE } from './options.ts'
import { runDemo } from './run-demo.ts'

async function main(options: DemoOptions): Promise<number> {
  const controller = new AbortController()
  const interrupt = (): void => controller.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const display = new ConsoleDisplay(process.stdout)
  try {
    const problems = await runDemo(options, controller.signal, display)
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    if (controller.signal.aborted) {
      display.line('Interrupted.')
      return 130
    }
    display.line()
    console.error(error)
    return 1
  }
}

try {
  const options = parseOptions(process.argv.slice(2), process.cwd())
  if (options === undefined) process.stdout.write(USAGE)
  else process.exitCode = await main(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
