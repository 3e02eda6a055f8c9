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
 * A host's own authorities and client certificates, from the `certs.d` of podman, docker and containerd: `*.crt` are authorities
 * beside the usual ones, `NAME.cert` with `NAME.key` proves who we are. One entry for each client certificate, one without
 * when there are only authorities; none when nobody put any there.
 * @see https://docs.docker.com/engine/security/certificates/
 */
export async function certificatesFor(host: string, options: CertificateOptions): Promise<readonly TlsOptions[]> {
  for (const folder of foldersOf(host, options)) {
    const { authorities, clients } = await certificatesIn(folder)
    if (authorities.length + clients.length > 0) return together(authorities, clients, options)
  }
  return []
}

/**
 * The authorities in the files that a configuration names, beside the usual ones, with each of its client certificates.
 * @throws FILE_UNREADABLE
 */
export async function certificatesNamed(
  { ca, clients }: Pick<HostAccess, 'ca' | 'clients'>,
  options: CertificateOptions,
): Promise<readonly TlsOptions[]> {
  const authorities = await Promise.all(ca.map(readNamed))
  const pairs = await Promise.all(
    clients.map(async ({ cert, key }) => ({ cert: await readNamed(cert), key: await readNamed(key) })),
  )
  return together(authorities, pairs, options)
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

/** PEM texts. */
interface Client {
  readonly cert: string
  readonly key: string
}

async function certificatesIn(
  folder: string,
): Promise<{ readonly authorities: readonly string[]; readonly clients: readonly Client[] }> {
  const names = ((await unlessMissing(readdir(folder))) ?? []).sort()
  const read = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const pairs = names.filter((name) => name.endsWith('.cert') && names.includes(keyOf(name)))
  return {
    authorities: await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read)),
    clients: await Promise.all(pairs.map(async (name) => ({ cert: await read(name), key: await read(keyOf(name)) }))),
  }
}

function keyOf(certificate: string): string {
  return certificate.replace(/cert$/, 'key')
}

async function together(
  authorities: readonly string[],
  clients: readonly Client[],
  options: CertificateOptions,
): Promise<readonly TlsOptions[]> {
  const trusted = authorities.length === 0 ? {} : { ca: await withUsual(authorities, options) }
  return clients.length === 0 ? [trusted] : clients.map((client) => ({ ...trusted, ...client }))
}

/** A list of authorities takes the place of the usual ones: these are added again, with the user's extra ones. */
async function withUsual(authorities: readonly string[], { env }: CertificateOptions): Promise<string> {
  const extra = env['NODE_EXTRA_CA_CERTS']
  // many and long: only for those who need them
  const { rootCertificates } = await import('node:tls')
  const more = extra === undefined || extra === '' ? undefined : await unlessMissing(readFile(extra, 'utf8'))
  return [...authorities, more ?? '', ...rootCertificates].join('\n')
}
