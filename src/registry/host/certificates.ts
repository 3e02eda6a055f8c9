import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TlsOptions } from '../../http/index.ts'
import { ToolError } from '../../errors/index.ts'
import { unlessMissing } from '../files.ts'
import type { HostAccess } from '../mirrors/hosts-toml.ts'
import { containerdNames } from '../mirrors/routes.ts'

/** Where certificates are looked for. */
export interface CertificateOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `/etc`. */
  readonly systemFolder: string
}

/**
 * A host's own authorities and client certificate, from the `certs.d` of podman, docker and containerd: `*.crt` are authorities
 * beside the usual ones, `NAME.cert` with `NAME.key` proves who we are. Undefined when nobody put any there.
 * @see https://docs.docker.com/engine/security/certificates/
 */
export async function certificatesFor(host: string, options: CertificateOptions): Promise<TlsOptions | undefined> {
  for (const folder of foldersOf(host, options)) {
    const found = await certificatesIn(folder)
    if (found !== undefined) return withUsual(found, options)
  }
  return undefined
}

/**
 * The authorities in the files that a configuration names, beside the usual ones, and its client certificate.
 * @throws FILE_UNREADABLE
 */
export async function certificatesNamed(
  { ca, client }: Pick<HostAccess, 'ca' | 'client'>,
  options: CertificateOptions,
): Promise<TlsOptions> {
  const texts = await Promise.all(ca.map(readNamed))
  const own = client === undefined ? {} : { cert: await readNamed(client.cert), key: await readNamed(client.key) }
  return withUsual({ ...own, ...(texts.length === 0 ? {} : { ca: texts.join('\n') }) }, options)
}

async function readNamed(file: string): Promise<string> {
  const text = await unlessMissing(readFile(file, 'utf8'))
  if (text !== undefined) return text
  throw new ToolError('FILE_UNREADABLE', `cannot read ${file}, which hosts.toml names`, {
    hint: 'mend hosts.toml, or make the file readable',
  })
}

function foldersOf(host: string, { env, systemFolder }: CertificateOptions): readonly string[] {
  const home = env['HOME']
  const own = home === undefined || home === '' ? [] : [join(home, '.config')]
  return [
    ...[...own, systemFolder].flatMap((folder) => [
      join(folder, 'containers', 'certs.d', host),
      join(folder, 'docker', 'certs.d', host),
    ]),
    ...containerdNames(host).map((name) => join(systemFolder, 'containerd', 'certs.d', name)),
  ]
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
