import { formatPlatform, normalizePlatform, type Platform } from '../platform/index.ts'
import type { BuildTarget } from './build-target.ts'
import { expandText } from './expand-instruction.ts'
import type { Variables } from './expand.ts'
import type { Dockerfile } from './types.ts'

/**
 * The global scope: the platform arguments, then every ARG before the first FROM, which may replace them. FROM and
 * `--platform` see it, and a stage sees of it what it declares with ARG.
 * @throws DOCKERFILE_INVALID
 * @see https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
 */
export function globalVariables(dockerfile: Dockerfile, wanted: BuildTarget): Variables {
  const variables = new Map<string, string>()
  for (const [name, value] of platformArguments(dockerfile, wanted)) {
    variables.set(name, givenValue(wanted, name) ?? value)
  }
  for (const { args, at } of dockerfile.globalArgs) {
    for (const arg of args) {
      const fallback = arg.value === undefined ? undefined : { text: arg.value, at }
      const value = givenValue(wanted, arg.name) ?? expandDefault(fallback, variables, dockerfile)
      if (value !== undefined) variables.set(arg.name, value)
    }
  }
  return variables
}

function givenValue(wanted: BuildTarget, name: string): string | undefined {
  return Object.hasOwn(wanted.buildArgs, name) ? wanted.buildArgs[name] : undefined
}

function expandDefault(
  fallback: { readonly text: string; readonly at: Dockerfile['globalArgs'][number]['at'] } | undefined,
  variables: Variables,
  { escape }: Dockerfile,
): string | undefined {
  if (fallback === undefined) return undefined
  return expandText(fallback.text, { variables, escape, at: fallback.at })
}

function platformArguments(dockerfile: Dockerfile, wanted: BuildTarget): readonly (readonly [string, string])[] {
  const last = dockerfile.stages.at(-1)?.name
  const stage = wanted.target === undefined || wanted.target === '' ? last : wanted.target.toLowerCase()
  return [
    ...argumentsOf('BUILD', wanted.buildPlatform),
    ...argumentsOf('TARGET', wanted.platform),
    ['TARGETSTAGE', stage ?? 'default'],
  ]
}

function argumentsOf(prefix: string, written: Platform): readonly (readonly [string, string])[] {
  const platform = normalizePlatform(written)
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform.osVersion ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ]
}
