/**
 * What each `sslmode` means here. Only `verify-full` knows whom it speaks to; the others keep out who only listens.
 *
 * | mode          | encrypted            | certificate checked | host name checked |
 * | ------------- | -------------------- | ------------------- | ----------------- |
 * | `disable`     | no                   |                     |                   |
 * | `prefer`      | if the server can    | no                  | no                |
 * | `require`     | yes                  | no                  | no                |
 * | `verify-ca`   | yes                  | yes                 | no                |
 * | `verify-full` | yes                  | yes                 | yes               |
 *
 * Source: https://www.postgresql.org/docs/current/libpq-ssl.html
 */
import { invalidArgument } from '@upkeep/core'

/** See the module. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** How the connection is encrypted. */
export interface TlsOptions {
  /** `verify-full` wherever the network is not your own. @default 'prefer' */
  readonly sslMode?: SslMode | undefined
  /** Certificates of those who may have signed the server's, in PEM. @default those that Node trusts */
  readonly ca?: string | undefined
  /** A certificate of our own, in PEM. @default none */
  readonly cert?: string | undefined
  /** Its private key, in PEM. @default none */
  readonly key?: string | undefined
}

export const SSL_MODES: readonly SslMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

/** What `node:tls` gets. */
export interface ResolvedTls {
  readonly sslMode: SslMode
  readonly tls: object
}

/** @throws INVALID_ARGUMENT */
export function resolveTls({ sslMode = 'prefer', ca, cert, key }: TlsOptions): ResolvedTls {
  if (!SSL_MODES.includes(sslMode)) {
    throw invalidArgument(`sslmode must be one of ${SSL_MODES.join(', ')}; verify-full is the safe one`, 'options')
  }
  for (const [name, pem] of Object.entries({ ca, cert, key })) {
    if (pem !== undefined && (typeof pem !== 'string' || !pem.includes('-----BEGIN '))) {
      throw invalidArgument(`${name} must be text in PEM form`, 'options')
    }
  }
  if ((cert === undefined) !== (key === undefined)) throw invalidArgument('cert and key go together', 'options')
  const isChecked = sslMode === 'verify-ca' || sslMode === 'verify-full'
  if (ca !== undefined && !isChecked) {
    throw invalidArgument(`a ca is only looked at with verify-ca and verify-full, and not with ${sslMode}`, 'options')
  }
  const tls = {
    rejectUnauthorized: isChecked,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert, key }),
    // Whoever signed it may sign for other hosts too.
    ...(sslMode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
  return { sslMode, tls }
}
