import type { TopicName } from '../src/topics.ts'

/** A store with one planted fault: a text patch of a built file, and the test that must notice it. */
export interface Mutant {
  readonly fault: string
  /** Built file, from the folder of the packages. */
  readonly file: string
  /** Must be in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** The run it is planted in. @default 'sqlite-native/file' */
  readonly run?: string | undefined
  /** A topic, and a part of the name of the test in it that must fail. */
  readonly noticedBy: readonly [topic: TopicName, test: string]
}

/** Folders of built files. */
export const CORE = 'core/dist'
export const SQLITE = 'core/dist/sqlite'
export const POSTGRES = 'postgres/dist'
