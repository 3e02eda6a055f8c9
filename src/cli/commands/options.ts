import type { BuildOptions, DeployOptions, PortForwardMode, RenderOptions } from '../../pipeline/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { ParsedFlags } from '../flags/index.ts'
import { parseDuration } from './duration.ts'

/** What the build flags ask for. Flags that a command does not declare keep their quiet default. */
export function buildOptions(flags: ParsedFlags): BuildOptions {
  const text = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined)
  const list = (name: string): readonly string[] => (flags.has(name) ? flags.list(name) : [])
  const push = flags.has('push') ? flags.optionalBool('push') : undefined
  return {
    platforms: flags.has('platform') ? askedPlatforms(flags) : [],
    ...optional('tag', text('tag')),
    ...optional('push', push),
    onlyImages: list('build-image'),
    onlyOnePlatform: flags.has('disable-multi-platform-build') && flags.bool('disable-multi-platform-build'),
    checkCluster: flags.has('check-cluster-node-platforms') && flags.bool('check-cluster-node-platforms'),
  }
}

/** An empty entry among others is a mistake, as pflag sees it; the flag may be empty as a whole. */
function askedPlatforms(flags: ParsedFlags): readonly string[] {
  return flags.values('platform').flatMap((value) => (value === '' ? [] : value.split(',')))
}

/** What the render flags ask for. */
export function renderOptions(flags: ParsedFlags): RenderOptions {
  return {
    ...optional('affinity', flags.optionalBool('enable-platform-node-affinity')),
    gkeToleration: flags.bool('enable-gke-arm-node-toleration'),
    ...optional('onConflict', flags.text('on-platform-conflict') === 'warn' ? ('warn' as const) : undefined),
    labels: parseLabels(flags.list('label')),
    ...optional('namespace', flags.has('namespace') ? flags.text('namespace') : undefined),
  }
}

/** What the deploy and status flags ask for. */
export function deployOptions(flags: ParsedFlags): DeployOptions {
  return {
    ...renderOptions(flags),
    ...optional('statusCheck', flags.isSet('status-check') ? flags.bool('status-check') : undefined),
    ...optional(
      'tolerateFailures',
      flags.isSet('tolerate-failures-until-deadline') ? flags.bool('tolerate-failures-until-deadline') : undefined,
    ),
    tail: flags.bool('tail'),
    portForward: portForwardModes(flags),
    ...(flags.has('wait-for-deletions') ? deployFlagValues(flags) : {}),
  }
}

function deployFlagValues(flags: ParsedFlags): Partial<DeployOptions> {
  const maxMs = flags.bool('wait-for-deletions')
    ? parseDuration(flags.text('wait-for-deletions-max') ?? '1m')
    : undefined
  if (flags.bool('wait-for-deletions') && maxMs === undefined) {
    throw new ToolError('USAGE', `--wait-for-deletions-max=${flags.text('wait-for-deletions-max')} is not a duration`, {
      hint: 'write it as 90s or 5m',
    })
  }
  return {
    ...optional('waitForDeletionsMs', maxMs),
    useKubectl: flags.bool('use-kubectl'),
    recreate: flags.bool('force'),
    ...optional('loadImages', flags.bool('load-images') ? true : undefined),
    prune: flags.bool('prune'),
    iterativeStatusCheck: flags.bool('iterative-status-check'),
  }
}

const modes = ['user', 'services', 'debug', 'pods'] as const

/** As Skaffold reads it: `true` is what its users mean by ports, `false` and `off` are none. */
function portForwardModes(flags: ParsedFlags): readonly PortForwardMode[] {
  if (!flags.has('port-forward')) return []
  const words = flags.list('port-forward')
  if (words.includes('off') || words.includes('false')) return []
  return words.flatMap((word): readonly PortForwardMode[] => {
    if (word === 'true') return ['user', 'services']
    const mode = modes.find((one) => one === word)
    if (mode !== undefined) return [mode]
    throw new ToolError('USAGE', `--port-forward=${word} is no mode`, { hint: `use ${modes.join(', ')}, true, or off` })
  })
}

/** `key=value` pairs; a bare key gets an empty value, as in Skaffold. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [key = '', ...value] = text.split('=')
      if (!/^[\w./-]+$/.test(key)) {
        throw new ToolError('USAGE', `--label "${text}" is not a label`, { hint: 'write --label=key=value' })
      }
      return [key, value.join('=')]
    }),
  )
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}
