/** Ends this process at once, whatever its threads do: one that is in SQLite would be waited for by an ordinary exit. */
export function endProcess(): void {
  process.kill(process.pid, 'SIGKILL')
}
