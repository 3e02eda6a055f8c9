import * as v from 'valibot'
import { isToolError } from '../errors/index.ts'
import type { LoadOutside } from './contract.ts'

/** A cluster on this machine, to which images come without a registry. */
export interface LocalCluster {
  readonly kind: LocalClusterKind
  /** The cluster's name for its own program, or minikube's profile. */
  readonly name: string
  /** False: its images come from a registry all the same. */
  readonly loadsImages: boolean
}

/** How images get into it; `docker`: its nodes use the images of Docker's engine. */
export type LocalClusterKind = 'docker' | 'k3d' | 'kind' | 'microk8s' | 'minikube'

/** What the user has said about the cluster. */
export interface ClusterWishes {
  readonly localCluster?: boolean
  readonly kindDisableLoad?: boolean
  readonly k3dDisableLoad?: boolean
  /** There is a registry that images would be pushed to. */
  readonly hasRegistry: boolean
}

/**
 * Recognises a cluster by its kubeconfig context, with Skaffold's rules. Contexts that Skaffold does not know count when
 * there is no registry that an image could be pushed to. Undefined: images have to be pushed.
 */
export async function findLocalCluster(
  context: string | undefined,
  wishes: ClusterWishes,
  outside: LoadOutside,
): Promise<LocalCluster | undefined> {
  if (context === undefined || wishes.localCluster === false) return undefined
  const known = knownCluster(context, wishes)
  if (known !== undefined) return known
  const other = otherCluster(context)
  if (wishes.localCluster === true) return other ?? loading('docker', context)
  if (await isProfileOfMinikube(context, outside)) return loading('minikube', context)
  return wishes.hasRegistry ? undefined : other
}

function knownCluster(context: string, { kindDisableLoad, k3dDisableLoad }: ClusterWishes): LocalCluster | undefined {
  if (context === 'minikube') return loading('minikube', context)
  if (context === 'docker-desktop' || context === 'docker-for-desktop') return loading('docker', context)
  const [, ofKind] = /^kind-(.+)$/.exec(context) ?? /^(.+)@kind$/.exec(context) ?? []
  if (ofKind !== undefined) return { kind: 'kind', name: ofKind, loadsImages: kindDisableLoad !== true }
  const [, ofK3d] = /^k3d-(.+)$/.exec(context) ?? []
  return ofK3d === undefined ? undefined : { kind: 'k3d', name: ofK3d, loadsImages: k3dDisableLoad !== true }
}

function loading(kind: LocalClusterKind, name: string): LocalCluster {
  return { kind, name, loadsImages: true }
}

/** Not in Skaffold's list: OrbStack, Rancher Desktop and colima share Docker's images, MicroK8s has its own. */
function otherCluster(context: string): LocalCluster | undefined {
  if (/^(?:orbstack|rancher-desktop|colima(?:-.+)?)$/.test(context)) return loading('docker', context)
  return context === 'microk8s' ? loading('microk8s', context) : undefined
}

const profilesSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ valid: v.nullish(v.array(v.looseObject({ Name: v.string() }))) }),
)

/** Asked of minikube itself, where it is installed: a profile may have any name. */
async function isProfileOfMinikube(context: string, { runProcess, env, signal }: LoadOutside): Promise<boolean> {
  try {
    const args = ['profile', 'list', '--output', 'json', '--light']
    const { stdout } = await runProcess({ command: 'minikube', args, env, signal })
    const parsed = v.safeParse(profilesSchema, stdout)
    return parsed.success && (parsed.output.valid ?? []).some(({ Name }) => Name === context)
  } catch (error) {
    signal.throwIfAborted()
    if (isToolError(error)) return false
    throw error
  }
}
