import { homedir } from 'node:os'
import { join } from 'node:path'
import { renderTemplate, type HelmConfig, type HelmRelease } from '../../config/index.ts'
import type { Setters } from '../setters.ts'

/** What the values of a release may depend on. */
export interface ValueSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** As `imageVariables` gives them. */
  readonly variables: Readonly<Record<string, string>>
  readonly cmd?: (argv: readonly string[]) => string
  /** Values of `--set`, which go to every release. */
  readonly setters: Setters
  /** False: no image is known, so values that need one are left to the chart. */
  readonly hasImages: boolean
  /** A file of the release's `overrides`. */
  readonly overridesFile?: string
  readonly warn: (text: string) => void
}

/**
 * Arguments of `helm template`, in Skaffold's order. The chart's dependencies and `packaged` are not their matter.
 */
export function templateArguments(
  release: HelmRelease,
  flags: HelmConfig['flags'],
  sources: ValueSources & { readonly namespace?: string },
): readonly string[] {
  return [
    'template',
    release.name,
    chartSource(release),
    ...(flags.template ?? []),
    ...valueArguments(release, sources),
    ...(release.packaged === undefined ? option('--version', release.version) : []),
    ...option('--namespace', sources.namespace),
    ...option('--repo', release.repo),
    ...(release.skipTests ? ['--skip-tests'] : []),
  ]
}

/** What is known of a release before it is installed. */
export interface InstallFacts {
  readonly isInstalled: boolean
  /** Of helm. */
  readonly majorVersion: number
  readonly namespace?: string
  /** An archive that takes the place of the chart. */
  readonly packagedChart?: string
  readonly postRenderer: readonly string[]
}

/** Arguments of `helm upgrade --install`, in Skaffold's order. */
export function installArguments(
  release: HelmRelease,
  flags: HelmConfig['flags'],
  { sources, facts }: { readonly sources: ValueSources; readonly facts: InstallFacts },
): readonly string[] {
  const { isInstalled, majorVersion, namespace, packagedChart, postRenderer } = facts
  return [
    'upgrade',
    release.name,
    '--install',
    ...((isInstalled ? flags.upgrade : flags.install) ?? []),
    // helm 4 has no such flag
    ...(isInstalled && release.recreatePods && majorVersion < 4 ? ['--recreate-pods'] : []),
    ...postRenderer,
    ...(release.packaged === undefined ? option('--version', release.version) : []),
    packagedChart ?? chartSource(release),
    ...option('--namespace', namespace),
    ...option('--repo', release.repo),
    ...(release.createNamespace === true && !isInstalled ? ['--create-namespace'] : []),
    ...valueArguments(release, sources),
    ...(release.wait ? ['--wait'] : []),
  ]
}

/** Where the chart is: a folder, an archive, a name in a repository, or an OCI reference. */
function chartSource(release: HelmRelease): string {
  return release.remoteChart ?? release.chartPath ?? ''
}

function valueArguments(release: HelmRelease, sources: ValueSources): readonly string[] {
  return [
    ...set('--set', release.setValues),
    ...set(
      '--set-file',
      mapValues(release.setFiles, (path) => quotedPath(inHome(path, sources.env))),
    ),
    ...templateValues(release, sources),
    ...release.valuesFiles.flatMap((file) => ['-f', inHome(expand(file, sources), sources.env)]),
    ...set('--set', sources.setters),
    ...option('-f', sources.overridesFile),
  ]
}

const noValue = '<no value>'

function templateValues(release: HelmRelease, sources: ValueSources): readonly string[] {
  return sorted(release.setValueTemplates).flatMap(([key, template]) => {
    const [name, value] = [expand(key, sources), expand(template, sources)]
    if (!name.includes(noValue) && !value.includes(noValue)) return ['--set', `${name}=${value.replace(/@$/, '')}`]
    const what = `release ${release.name}: the template of ${key} needs a value that is not there`
    if (!sources.hasImages) {
      sources.warn(`${what}, so the chart's own stays`)
      return []
    }
    sources.warn(`${what}: "${template}" became "${value}"`)
    return ['--set', `${name}=${value}`]
  })
}

function expand(template: string, { env, variables, cmd }: ValueSources): string {
  return renderTemplate(
    template,
    { ...env, ...variables },
    { env, now: () => new Date(), ...(cmd === undefined ? {} : { cmd }) },
  )
}

function inHome(path: string, env: ValueSources['env']): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  return join(env['HOME'] ?? homedir(), path.slice(1))
}

/** helm splits at spaces that are not in quotes. */
function quotedPath(path: string): string {
  if (path === '') return '""'
  return /[ \t]/.test(path) ? `"${path}"` : path
}

function set(flag: string, values: Readonly<Record<string, string>>): readonly string[] {
  return sorted(values).flatMap(([key, value]) => [flag, `${key}=${value}`])
}

function option(flag: string, value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [flag, value]
}

function sorted(values: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : 1))
}

function mapValues(
  values: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}
