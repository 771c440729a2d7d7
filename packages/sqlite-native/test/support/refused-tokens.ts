// Tokens that must stop nothing, made of one that may.

/** Whatever is no token of an open connection. `other` is the token of a connection that was closed. */
export function refusedTokens(token: string, other: string): readonly unknown[] {
  const flipped = token.at(-1) === '0' ? '1' : '0'
  return [
    ...[null, 0, 1, -1, 2 ** 53, 1.5, Number.POSITIVE_INFINITY, 9223372036854775807n, -9223372036854775808n],
    ...['', ' ', '-1', '0', '0000', 'NULL', '%s%n', '\0'.repeat(20), 'x'.repeat(20), '1'.repeat(1_000_000)],
    ...[`${token} `, ` ${token}`, `${token}0`, `${token}\0`, token.slice(1), token.slice(0, -1)],
    ...[token.slice(0, -1) + flipped, `ffff${token.slice(4)}`, `1000${token.slice(4)}`, `-001${token.slice(4)}`],
    ...[token.slice(0, 4) + '0'.repeat(16), token.slice(0, 4) + other.slice(4), other],
    ...[Buffer.from(token), Buffer.alloc(20)],
  ]
}
