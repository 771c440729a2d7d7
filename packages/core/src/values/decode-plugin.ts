/**
 * Says what an expression's column is, where no engine declares it: `max(at)`, `coalesce(…)`, `case …`.
 *
 * The same on every backend. It looks at result columns by name and leaves the query alone.
 */
import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely'
import { invalidArgument } from '../errors/store-error.ts'
import { DECODERS, type Decoder, VALUE_KINDS, type ValueKind } from './value-kind.ts'

class DecodePlugin implements KyselyPlugin {
  readonly #decoders: readonly (readonly [string, Decoder])[]

  constructor(kinds: Readonly<Record<string, ValueKind>>) {
    this.#decoders = Object.entries(kinds).map(([column, kind]) => {
      if (!VALUE_KINDS.includes(kind)) {
        throw invalidArgument(
          `decode: column "${column}" has the unknown kind "${kind}"; kinds are ${VALUE_KINDS.join(', ')}`,
        )
      }
      return [column, DECODERS[kind]]
    })
  }

  transformQuery(args: PluginTransformQueryArgs): RootOperationNode {
    return args.node
  }

  async transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    const rows = args.result.rows.map((row) => {
      const decoded = { ...row }
      for (const [column, decoder] of this.#decoders) {
        const value = decoded[column]
        if (value !== undefined && value !== null) decoded[column] = decoder(value)
      }
      return decoded
    })
    return { ...args.result, rows }
  }
}

/**
 * A Kysely plugin that decodes result columns: `db.withPlugin(decode({ last: 'instant' }))`.
 *
 * @throws INVALID_ARGUMENT for a kind that does not exist.
 */
export function decode(kinds: Readonly<Record<string, ValueKind>>): KyselyPlugin {
  return new DecodePlugin(kinds)
}
