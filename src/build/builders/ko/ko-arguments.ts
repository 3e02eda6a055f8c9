import type { KoArtifact } from '../../../config/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'

/** Arguments of `ko build`: all platforms, left in an OCI layout. */
export function koArguments(ko: KoArtifact, platforms: readonly Platform[], layout: string): readonly string[] {
  return [
    'build',
    `--platform=${platforms.map(formatPlatform).join(',')}`,
    '--push=false',
    `--oci-layout-path=${layout}`,
    '--sbom=none',
    '--bare',
    ...Object.entries(ko.labels ?? {}).flatMap(([name, value]) => ['--image-label', `${name}=${value}`]),
    mainPackage(ko),
  ]
}

/** What ko reads from `.ko.yaml`; JSON is YAML. */
export function koConfiguration(ko: KoArtifact, baseImage: string | undefined): string {
  const build = {
    id: 'catamaran',
    dir: '.',
    main: mainPackage(ko),
    ...(ko.env === undefined ? {} : { env: ko.env }),
    ...(ko.flags === undefined ? {} : { flags: ko.flags }),
    ...(ko.ldflags === undefined ? {} : { ldflags: ko.ldflags }),
  }
  return `${JSON.stringify({ ...(baseImage === undefined ? {} : { defaultBaseImage: baseImage }), builds: [build] })}\n`
}

/** One call of the Go toolchain: a static program for one platform. */
export interface GoBuild {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How Go is asked to cross-compile, as ko asks it. */
export function goBuild(ko: KoArtifact, platform: Platform, output: string): GoBuild {
  const own = Object.fromEntries((ko.env ?? []).map((text) => splitPair(text)))
  return {
    args: [
      'build',
      '-trimpath',
      ...(ko.flags ?? []),
      ...(ko.ldflags === undefined ? [] : ['-ldflags', ko.ldflags.join(' ')]),
      '-o',
      output,
      mainPackage(ko),
    ],
    env: { CGO_ENABLED: '0', ...own, GOOS: platform.os, GOARCH: platform.architecture, ...variantOf(platform) },
  }
}

/** The Dockerfile of the image around a program that is compiled, in ko's layout. */
export function koDockerfile({
  base,
  name,
  hasData,
  labels = {},
}: {
  readonly base: string
  readonly name: string
  readonly hasData: boolean
  readonly labels?: Readonly<Record<string, string>>
}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${JSON.stringify(key)}=${quote(value)}`)
  return [
    `FROM ${base}`,
    ...(hasData ? ['COPY --chmod=555 kodata /var/run/ko', 'ENV KO_DATA_PATH=/var/run/ko'] : []),
    `COPY --chmod=555 ${name} /ko-app/${name}`,
    'ENV PATH=$PATH:/ko-app',
    ...(pairs.length === 0 ? [] : [`LABEL ${pairs.join(' ')}`]),
    `ENTRYPOINT ${JSON.stringify([`/ko-app/${name}`])}`,
    '',
  ].join('\n')
}

/** As Go wants it: a path that begins with a dot. */
export function mainPackage({ main = '.' }: KoArtifact): string {
  return main.startsWith('.') || main.startsWith('/') ? main : `./${main}`
}

/** The name of the program: that of the package's folder. */
export function programName(modulePackage: string): string {
  const name = modulePackage.split('/').findLast((part) => part !== '' && !/^v\d+$/.test(part)) ?? 'app'
  return name.replaceAll(/[^\w.-]/g, '-')
}

function variantOf({ architecture, variant }: Platform): Readonly<Record<string, string>> {
  if (variant === undefined) return {}
  if (architecture === 'arm') return { GOARM: variant.replace(/^v/, '') }
  return architecture === 'amd64' ? { GOAMD64: variant } : {}
}

function splitPair(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** In a Dockerfile's double quotes nothing of the value is replaced. */
function quote(value: string): string {
  return `"${value.replaceAll(/["\\$]/g, (character) => `\\${character}`)}"`
}
