import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ClusterBuild } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Emit } from '../../../events/index.ts'
import type { KubeClient, KubeObject, ObjectRef } from '../../../kube/index.ts'

/** What secrets need from outside. */
export interface ClusterSecretsParts {
  readonly connect: () => Promise<KubeClient>
  /** For the home folder. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute; relative paths start here. */
  readonly cwd: string
}

/** The secrets that builds in a cluster can use; absent: none is wanted. */
export interface ClusterSecretNames {
  /** A key of a Google service account. */
  readonly pullSecret?: { readonly name: string; /** Its key in the secret. */ readonly file: string }
  /** A `config.json` of Docker. */
  readonly dockerConfig?: { readonly name: string }
}

/** How secrets are used. */
export interface SecretUse {
  readonly cluster: ClusterBuild
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Secrets for builds in a cluster. */
export interface ClusterSecrets {
  /**
   * Runs what needs the secrets of a configuration. Those that are not in the cluster are made of files of this machine
   * before, and deleted when nobody uses them any more; those that are there stay as they are.
   * @throws BUILD_SECRET_MISSING, and what the cluster refuses
   */
  use<T>(use: SecretUse, run: (names: ClusterSecretNames) => Promise<T>): Promise<T>
}

/** None is made before it is used. */
export function openClusterSecrets(parts: ClusterSecretsParts): ClusterSecrets {
  const inUse = new Map<string, Shared>()
  let turn: Promise<unknown> = Promise.resolve()
  // making and deleting never overlap
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work, work)
    turn = done.catch(() => {})
    return done
  }
  const take = async (use: SecretUse): Promise<Shared> => {
    const shared = inUse.get(keyOf(use)) ?? (await makeAll(use, parts))
    inUse.set(keyOf(use), shared)
    shared.users += 1
    return shared
  }
  const giveBack = async (use: SecretUse, shared: Shared): Promise<void> => {
    shared.users -= 1
    if (shared.users > 0) return
    inUse.delete(keyOf(use))
    await deleteMade(shared.made, use, parts)
  }
  return {
    async use(use, run) {
      const shared = await inTurn(async () => take(use))
      try {
        return await run(shared.names)
      } finally {
        await inTurn(async () => giveBack(use, shared))
      }
    },
  }
}

/** Configurations that ask for the same secrets share them. */
function keyOf({ cluster }: SecretUse): string {
  const { namespace, pullSecretName, pullSecretPath, dockerConfig } = cluster
  const random = [cluster.randomPullSecret, cluster.randomDockerConfigSecret]
  return JSON.stringify([
    namespace,
    pullSecretName,
    pullSecretPath,
    dockerConfig?.secretName,
    dockerConfig?.path,
    random,
  ])
}

interface Shared {
  readonly names: ClusterSecretNames
  readonly made: readonly ObjectRef[]
  users: number
}

/** A secret that is wanted. */
interface Wanted {
  readonly ref: ObjectRef
  /** Key of what is made of the file. */
  readonly key: string
  /** Absolute; absent: it has to be there. */
  readonly path?: string
  /** The field that names the file. */
  readonly field: string
}

const labels = { 'skaffold-kaniko': 'skaffold-kaniko' }

async function makeAll(use: SecretUse, parts: ClusterSecretsParts): Promise<Shared> {
  const { pull, docker } = await wantedSecrets(use.cluster, parts)
  const made: ObjectRef[] = []
  try {
    const pulled = pull === undefined ? undefined : await provide(pull, use, parts)
    if (pulled?.isMade === true) made.push(pulled.ref)
    const configured = docker === undefined ? undefined : await provide(docker, use, parts)
    if (configured?.isMade === true) made.push(configured.ref)
    const names = {
      ...(pulled === undefined ? {} : { pullSecret: { name: pulled.ref.name, file: pulled.file } }),
      ...(configured === undefined ? {} : { dockerConfig: { name: configured.ref.name } }),
    }
    return { names, made, users: 0 }
  } catch (error) {
    await deleteMade(made, use, parts)
    throw error
  }
}

/** Named as Skaffold names them. */
async function wantedSecrets(
  cluster: ClusterBuild,
  parts: ClusterSecretsParts,
): Promise<{ readonly pull?: Wanted; readonly docker?: Wanted }> {
  const { pullSecretName, pullSecretPath, dockerConfig } = cluster
  if (pullSecretName === undefined && pullSecretPath === undefined && dockerConfig === undefined) return {}
  const namespace = cluster.namespace ?? (await parts.connect()).namespace
  const wanted = (name: string, path: string | undefined): Pick<Wanted, 'ref' | 'path'> => ({
    ref: { apiVersion: 'v1', kind: 'Secret', namespace, name },
    ...(path === undefined ? {} : { path: pathOf(path, parts) }),
  })
  const random = (isRandom: boolean | undefined): string => (isRandom === true ? randomUUID() : '')
  const pullName =
    pullSecretName ?? (pullSecretPath === undefined ? undefined : `kaniko-secret${random(cluster.randomPullSecret)}`)
  const configName = dockerConfig?.secretName ?? `docker-cfg${random(cluster.randomDockerConfigSecret)}`
  return {
    ...(pullName === undefined
      ? {}
      : {
          pull: { ...wanted(pullName, pullSecretPath), key: 'kaniko-secret', field: 'build.cluster.pullSecretPath' },
        }),
    ...(dockerConfig === undefined
      ? {}
      : {
          docker: {
            ...wanted(configName, dockerConfig.path),
            key: 'config.json',
            field: 'build.cluster.dockerConfig.path',
          },
        }),
  }
}

function pathOf(path: string, { env, cwd }: ClusterSecretsParts): string {
  const home = env['HOME'] ?? env['USERPROFILE']
  return home !== undefined && /^~(?:[/\\]|$)/.test(path) ? join(home, path.slice(1)) : resolve(cwd, path)
}

interface Provided {
  readonly ref: ObjectRef
  readonly file: string
  readonly isMade: boolean
}

async function provide(wanted: Wanted, use: SecretUse, { connect }: ClusterSecretsParts): Promise<Provided> {
  const { ref, key, path } = wanted
  const client = await connect()
  const where = `${ref.namespace ?? ''}/${ref.name}`
  use.emit({ type: 'info', text: `Checking for kaniko secret [${where}]...` })
  const found = await client.get(ref, use.signal)
  if (found !== undefined) return { ref, file: fileIn(found, wanted), isMade: false }
  if (path === undefined) throw missing(wanted, where)
  const data = { [key]: (await readSecret(path, wanted)).toString('base64') }
  use.emit({ type: 'info', text: `Creating kaniko secret [${where}]...` })
  const { apiVersion, kind, name, namespace } = ref
  const metadata = { name, labels, ...(namespace === undefined ? {} : { namespace }) }
  await client.apply({ apiVersion, kind, metadata, data }, { fieldManager: 'catamaran', signal: use.signal })
  return { ref, file: key, isMade: true }
}

/** A secret that somebody else has made may call the key as its file is called, or as they like. */
function fileIn(secret: KubeObject, { key, path }: Wanted): string {
  const { data } = secret
  const keys = typeof data === 'object' && data !== null ? Object.keys(data) : []
  const candidates = [key, ...(path === undefined ? [] : [basename(path)])]
  return candidates.find((candidate) => keys.includes(candidate)) ?? (keys.length === 1 ? (keys[0] ?? key) : key)
}

async function readSecret(path: string, { field }: Wanted): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new ToolError('BUILD_SECRET_MISSING', `cannot read ${path}, which a secret for builds is to be made of`, {
      hint: `correct \`${field}\``,
      cause: error,
    })
  }
}

function missing({ key, field }: Wanted, where: string): ToolError {
  const [namespace = '', name = ''] = where.split('/')
  return new ToolError(
    'BUILD_SECRET_MISSING',
    `the cluster has no secret ${where}, and no file is named to make it of`,
    {
      hint: `set \`${field}\`, or make it: kubectl create secret generic ${name} -n ${namespace} --from-file=${key}=FILE`,
    },
  )
}

const deletionMs = 10_000

/** Also after an abort. */
async function deleteMade(
  made: readonly ObjectRef[],
  { emit }: Pick<SecretUse, 'emit'>,
  { connect }: ClusterSecretsParts,
): Promise<void> {
  for (const ref of made) {
    try {
      await (await connect()).delete(ref, { signal: AbortSignal.timeout(deletionMs) })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const { namespace = '', name } = ref
      emit({
        type: 'warning',
        text: `the secret ${namespace}/${name} could not be deleted: ${why}`,
        hint: `kubectl delete secret ${name} -n ${namespace}`,
      })
    }
  }
}
