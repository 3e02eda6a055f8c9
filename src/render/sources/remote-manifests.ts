import type { RemoteManifest } from '../../config/index.ts'
import { parseResources, type Resource } from '../../resource/index.ts'
import { runTool, type SourceOutside } from './outside.ts'

/**
 * Reads objects from a cluster with kubectl, all at the same time.
 * @throws REMOTE_MANIFEST_FAILED, PROGRAM_MISSING
 */
export async function readRemoteManifests(
  outside: SourceOutside,
  manifests: readonly RemoteManifest[],
): Promise<readonly Resource[]> {
  return (await Promise.all(manifests.map((manifest) => readRemoteManifest(outside, manifest)))).flat()
}

async function readRemoteManifest(outside: SourceOutside, remote: RemoteManifest): Promise<readonly Resource[]> {
  const [first = '', second] = remote.manifest.split(':')
  const name = second ?? first
  const context = remote.kubeContext ?? outside.kubeContext
  const args = [
    ...(context === undefined ? [] : ['--context', context]),
    ...(outside.kubeconfig === undefined ? [] : ['--kubeconfig', outside.kubeconfig]),
    ...(second === undefined ? [] : ['--namespace', first]),
    'get',
    ...name.split(/\s+/),
    '-o',
    'yaml',
  ]
  const text = await runTool(outside, {
    command: 'kubectl',
    args,
    task: `reading ${remote.manifest} from the cluster`,
    code: 'REMOTE_MANIFEST_FAILED',
    hint: 'check `manifests.remoteManifests`: [NAMESPACE:]KIND/NAME, and that the context is the right one',
  })
  return parseResources(text, `${remote.manifest} of the cluster`)
}
