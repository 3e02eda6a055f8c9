import type { BuiltArtifact, Context } from './contract.ts'

/** The images under the names that the nodes know them by: a registry on this machine may have another one there. */
export async function seenByNodes(
  context: Context,
  built: readonly BuiltArtifact[],
): Promise<readonly BuiltArtifact[]> {
  if (context.defaultRepo !== undefined) return built
  const { host = '', hostFromContainerRuntime: other } = (await (await context.localCluster?.())?.registry()) ?? {}
  if (other === undefined) return built
  return built.map((artifact) => {
    const { reference } = artifact
    if (!reference.startsWith(`${host}/`)) return artifact
    return { ...artifact, reference: `${other}${reference.slice(host.length)}`, pushedAs: reference }
  })
}
