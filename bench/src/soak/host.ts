/** The process that has the store. Not for import. */
import { serve } from '../child.ts'
import { runAbortStorm } from './abort-storm.ts'
import { runCommitWindow } from './commit-window.ts'
import type { SoakProtocol } from './protocols.ts'

await serve<SoakProtocol>(() => ({ storm: runAbortStorm, window: runCommitWindow }))
