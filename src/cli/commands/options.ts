import type { BuildOptions, DeployOptions, RenderOptions } from '../../pipeline/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { ParsedFlags } from '../flags/index.ts'

/** What the build flags ask for. Flags that a command does not declare keep their quiet default. */
export function buildOptions(flags: ParsedFlags): BuildOptions {
  const text = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined)
  const list = (name: string): readonly string[] => (flags.has(name) ? flags.list(name) : [])
  const push = flags.has('push') ? flags.optionalBool('push') : undefined
  return {
    platforms: list('platform'),
    ...optional('tag', text('tag')),
    ...optional('push', push),
    onlyImages: list('build-image'),
    onlyOnePlatform: flags.has('disable-multi-platform-build') && flags.bool('disable-multi-platform-build'),
    checkCluster: flags.has('check-cluster-node-platforms') && flags.bool('check-cluster-node-platforms'),
  }
}

/** What the render flags ask for. */
export function renderOptions(flags: ParsedFlags): RenderOptions {
  return {
    ...optional('affinity', flags.optionalBool('enable-platform-node-affinity')),
    gkeToleration: flags.bool('enable-gke-arm-node-toleration'),
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
  }
}

/** `key=value` pairs; a bare key gets an empty value, as in Skaffold. */
function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
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
