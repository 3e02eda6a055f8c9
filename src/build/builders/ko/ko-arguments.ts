import type { KoArtifact } from '../../../config/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { hasBuildSettings, type KoFile } from './ko-settings.ts'

/** Arguments of `ko build`: all platforms, left in an OCI layout. */
export function koArguments(
  ko: KoArtifact,
  platforms: readonly Platform[],
  { layout, target, isInsecure }: { readonly layout: string; readonly target: string; readonly isInsecure: boolean },
): readonly string[] {
  return [
    'build',
    `--platform=${platforms.map(formatPlatform).join(',')}`,
    '--push=false',
    `--oci-layout-path=${layout}`,
    '--sbom=none',
    '--bare',
    ...(isInsecure ? ['--insecure-registry'] : []),
    ...Object.entries(ko.labels ?? {}).flatMap(([name, value]) => ['--image-label', `${name}=${value}`]),
    target,
  ]
}

/**
 * What ko reads in place of `.ko.yaml`, the file's own settings included; JSON is YAML. `main` is the folder of the program
 * from where ko is run.
 */
export function koConfiguration(
  ko: KoArtifact,
  { file, base, main }: { readonly file: KoFile; readonly base: string | undefined; readonly main: string },
): string {
  const build = {
    id: 'catamaran',
    dir: '.',
    main,
    ...(ko.env === undefined ? {} : { env: ko.env }),
    ...(ko.flags === undefined ? {} : { flags: ko.flags }),
    ...(ko.ldflags === undefined ? {} : { ldflags: ko.ldflags }),
  }
  const { baseImageOverrides, ...others } = file
  const configuration = {
    ...others,
    ...(base === undefined ? { baseImageOverrides } : { defaultBaseImage: base }),
    ...(hasBuildSettings(ko) ? { builds: [build] } : {}),
  }
  return `${JSON.stringify(configuration)}\n`
}

/** One call of the Go toolchain: a static program for one platform. */
export interface GoBuild {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How Go is asked to cross-compile, as ko asks it. */
export function goBuild(
  ko: KoArtifact,
  platform: Platform,
  { output, target }: { readonly output: string; readonly target: string },
): GoBuild {
  const own = Object.fromEntries((ko.env ?? []).map((text) => splitPair(text)))
  return {
    args: [
      'build',
      '-trimpath',
      ...(ko.flags ?? []),
      ...(ko.ldflags === undefined ? [] : ['-ldflags', ko.ldflags.join(' ')]),
      '-o',
      output,
      target,
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
    ...(hasData ? ['COPY --chmod=555 kodata /var/run/ko'] : []),
    'ENV KO_DATA_PATH=/var/run/ko',
    `COPY --chmod=555 ${name} /ko-app/${name}`,
    'ENV PATH=$PATH:/ko-app',
    ...(pairs.length === 0 ? [] : [`LABEL ${pairs.join(' ')}`]),
    `ENTRYPOINT ${JSON.stringify([`/ko-app/${name}`])}`,
    '',
  ].join('\n')
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
