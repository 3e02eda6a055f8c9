import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildpacksArtifact, JibArtifact, KanikoArtifact, KoArtifact } from '../../../config/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { parseReference } from '../../../reference/index.ts'
import type { ParentImage } from '../../contract.ts'
import { jibArguments, type JibType } from '../jib/jib-arguments.ts'
import { kanikoArguments } from '../kaniko/kaniko-arguments.ts'
import { shellWord, verbatim, type BuildRecipe, type RecipeJob } from './steps.ts'

/** The executor of Kaniko; the sources are where it runs. */
export function kanikoRecipe(kaniko: KanikoArtifact, job: RecipeJob): BuildRecipe {
  const { settings, tag, platforms, parents = [] } = job
  const [platform = { os: 'linux', architecture: 'amd64' }] = platforms
  const args = kanikoArguments({
    kaniko: { ...kaniko, dockerfile: job.dockerfile ?? kaniko.dockerfile },
    platform,
    destinations: [tag],
    registry: parseReference(tag).registry,
    trust: { insecureRegistries: [] },
    parents,
  })
  // the pod's places, and the platform that workers have anyway
  const dropped = ['--context', '--custom-platform', ...(kaniko.digestFile === undefined ? ['--digest-file'] : [])]
  const env = (kaniko.env ?? []).map(({ name, value = '' }) => verbatim(`${name}=${value}`))
  const step = { name: settings.kanikoImage, args: without(args, dropped).map(verbatim) }
  return { steps: [env.length === 0 ? step : { ...step, env }] }
}

/** Flags with their values, taken out. */
function without(args: readonly string[], names: readonly string[]): readonly string[] {
  return args.filter((arg, index) => {
    const [name = ''] = arg.split('=')
    return !names.includes(name) && !names.includes(args[index - 1] ?? '')
  })
}

/** The jib plugin pushes an index of all platforms by itself. */
export function jibRecipe(jib: JibArtifact, type: JibType, job: RecipeJob): BuildRecipe {
  const { settings, tag, platforms, parents = [] } = job
  const reference = parseReference(tag)
  const args = jibArguments({ jib, type, platforms, push: true, reference, insecure: false, parents })
  const [image, program] = type === 'maven' ? [settings.mavenImage, 'mvn'] : [settings.gradleImage, 'gradle']
  const command = `${program} -Duser.home=$$HOME ${args.map((arg) => verbatim(shellWord(arg))).join(' ')}`
  return { steps: [{ name: image, entrypoint: 'sh', args: ['-c', command] }] }
}

/** `pack build`, for the platform of the workers. */
export async function packRecipe(pack: BuildpacksArtifact, job: RecipeJob): Promise<BuildRecipe> {
  const { settings, tag, parents = [], contextFolder } = job
  const { projectDescriptor: descriptor } = pack
  const hasDescriptor = descriptor !== 'project.toml' && (await isThere(join(contextFolder, descriptor)))
  const args = [
    'pack',
    'build',
    tag,
    '--builder',
    imageOf(pack.builder, parents),
    ...(hasDescriptor ? ['--descriptor', descriptor] : []),
    ...(pack.runImage === undefined ? [] : ['--run-image', imageOf(pack.runImage, parents)]),
    ...(pack.buildpacks ?? []).flatMap((name) => ['--buildpack', name]),
    ...(pack.trustBuilder === true ? ['--trust-builder'] : []),
    ...(pack.buildArgs ?? []),
    ...(pack.env ?? []).flatMap((pair) => ['--env', pair]),
  ]
  return { steps: [{ name: settings.packImage, args: args.map(verbatim) }], images: [tag] }
}

function imageOf(name: string, parents: readonly ParentImage[]): string {
  return parents.find(({ alias, image }) => alias === name || image === name)?.reference ?? name
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** A version of the configuration that every published image of Skaffold reads. */
const apiVersion = 'skaffold/v2beta28'

/** As in Skaffold, the image has Skaffold in it, which has ko in it and pushes an index of all platforms. */
export function koRecipe(ko: KoArtifact, job: RecipeJob): BuildRecipe {
  const { settings, tag, platforms, artifact, parents = [] } = job
  const at = tag.lastIndexOf(':')
  const { fromImage, dir, env, flags, labels, ldflags, main } = ko
  const base = fromImage === undefined ? {} : { fromImage: imageOf(fromImage, parents) }
  const config = {
    apiVersion,
    kind: 'Config',
    build: {
      artifacts: [
        {
          image: tag.slice(0, at),
          ko: { ...base, ...given({ dir, env, flags, labels, ldflags, main }) },
          ...given({ platforms: artifact.platforms }),
        },
      ],
      platforms: platforms.map(formatPlatform),
    },
  }
  const script = [
    'skaffoldConfigFile=$(mktemp)',
    `cat << 'EOF' > $skaffoldConfigFile\n${verbatim(JSON.stringify(config, undefined, 2))}\nEOF`,
    `skaffold build --filename $skaffoldConfigFile --tag ${tag.slice(at + 1)} --verbosity warning`,
  ]
  const variables = ['SKAFFOLD_DETECT_MINIKUBE=false', 'SKAFFOLD_INTERACTIVE=false', 'SKAFFOLD_UPDATE_CHECK=false']
  return {
    steps: [
      {
        name: settings.koImage,
        entrypoint: 'sh',
        args: ['-c', script.join('\n')],
        env: [...variables, ...(env ?? []).map(verbatim)],
      },
    ],
  }
}

function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
