import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TlsOptions } from '../../http/index.ts'
import { unlessMissing } from '../files.ts'

/** Where certificates are looked for. */
export interface CertificateOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `/etc`. */
  readonly systemFolder: string
}

/**
 * A host's own authorities and client certificate, from the `certs.d` of docker and podman: `*.crt` are authorities
 * beside the usual ones, `NAME.cert` with `NAME.key` proves who we are. Undefined when nobody put any there.
 * @see https://docs.docker.com/engine/security/certificates/
 */
export async function certificatesFor(host: string, options: CertificateOptions): Promise<TlsOptions | undefined> {
  for (const folder of foldersOf(options)) {
    const found = await certificatesIn(join(folder, host))
    if (found !== undefined) return withUsual(found, options)
  }
  return undefined
}

/** The authorities in these files beside the usual ones. */
export async function withAuthorities(files: readonly string[], options: CertificateOptions): Promise<TlsOptions> {
  const texts = await Promise.all(files.map(async (file) => readFile(file, 'utf8')))
  return withUsual({ ca: texts.join('\n') }, options)
}

function foldersOf({ env, systemFolder }: CertificateOptions): readonly string[] {
  const home = env['HOME']
  const own = home === undefined || home === '' ? [] : [join(home, '.config')]
  return [...own, systemFolder].flatMap((folder) => [
    join(folder, 'containers', 'certs.d'),
    join(folder, 'docker', 'certs.d'),
  ])
}

async function certificatesIn(folder: string): Promise<TlsOptions | undefined> {
  const names = ((await unlessMissing(readdir(folder))) ?? []).sort()
  const read = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read))
  const client = names.find((name) => name.endsWith('.cert') && names.includes(name.replace(/cert$/, 'key')))
  if (authorities.length === 0 && client === undefined) return undefined
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.join('\n') }),
    ...(client === undefined ? {} : { cert: await read(client), key: await read(client.replace(/cert$/, 'key')) }),
  }
}

/** A list of authorities takes the place of the usual ones: these are added again, with the user's extra ones. */
async function withUsual(tls: TlsOptions, { env }: CertificateOptions): Promise<TlsOptions> {
  if (tls.ca === undefined) return tls
  const extra = env['NODE_EXTRA_CA_CERTS']
  // many and long: only for those who need them
  const { rootCertificates } = await import('node:tls')
  const more = extra === undefined || extra === '' ? undefined : await unlessMissing(readFile(extra, 'utf8'))
  return { ...tls, ca: [tls.ca, more ?? '', ...rootCertificates].join('\n') }
}
