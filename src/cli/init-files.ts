import { access, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { InitBuilder, InitOptions, InitResult } from '../pipeline/index.ts'
import { createClosing } from './closing.ts'
import type { Invocation } from './command.ts'
import type { Questions } from './questions.ts'
import { writeFileWhole } from './write-file.ts'

/** Writes the configuration and the manifests; says which, in Skaffold's words. */
export async function writeInit(
  { cwd, emit }: Pick<Invocation, 'cwd' | 'emit'>,
  file: string,
  { config, generated }: InitResult,
): Promise<void> {
  for (const [path, text] of generated) {
    const target = join(cwd, path)
    if (await exists(target)) throw existing(path)
    await mkdir(dirname(target), { recursive: true })
    await writeFileWhole(target, text)
    emit({ type: 'info', text: `Generated manifest ${path} was written` })
  }
  await writeFileWhole(resolve(cwd, file), config)
  emit({ type: 'info', text: `Configuration ${file} was written` })
}

/** @throws INIT_CONFIG_EXISTS */
export async function refuseExisting(cwd: string, file: string): Promise<void> {
  if (await exists(resolve(cwd, file))) throw existing(file)
}

function existing(file: string): ToolError {
  return new ToolError('INIT_CONFIG_EXISTS', `pre-existing ${file} found`, {
    hint: 'pass --force to write over it',
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Asks which builder makes an image. */
export function chooserOf(questions: Questions | undefined): Pick<InitOptions, 'choose'> {
  if (questions === undefined) return {}
  return {
    choose: async (image, builders) => {
      const { describeBuilder } = await import('../pipeline/index.ts')
      const none: { readonly text: string; readonly value: InitBuilder | undefined } = {
        text: 'None (image not built from these sources)',
        value: undefined,
      }
      const choices = builders.map((builder) => ({ text: describeBuilder(builder), value: builder }))
      return questions.choose(`Choose the builder to build image ${image}`, [...choices, none])
    },
  }
}

/** The platforms of the current cluster, without a complaint when there is none. */
export async function platformsOf(invocation: Invocation): Promise<readonly string[]> {
  const { flags, cwd, env, emit, signal } = invocation
  const text = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined)
  const [kubeconfig, context] = [text('kubeconfig'), text('kube-context')]
  const cluster = {
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(cwd, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
  }
  const { currentContext, openCluster } = await import('./open-cluster.ts')
  if ((await currentContext(cluster, env)) === undefined) return []
  const [{ runProcess }, { clusterPlatforms }] = await Promise.all([
    import('../subprocess/index.ts'),
    import('../pipeline/index.ts'),
  ])
  const closing = createClosing()
  try {
    return await clusterPlatforms({
      connect: () => openCluster(invocation, { cluster, runProcess, closing }),
      emit,
      signal,
    })
  } finally {
    await closing.close()
  }
}
