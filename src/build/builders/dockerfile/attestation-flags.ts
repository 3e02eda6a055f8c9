import type { DockerArtifact } from '../../../config/index.ts'

const whole = /^--(?:attest|provenance|sbom)=/
const alone = /^--(?:attest|provenance|sbom)$/

/** Whether flags of the artifact ask for attestations: those of BuildKit, which are new in every build. */
export function asksForAttestations({ cliFlags = [] }: Pick<DockerArtifact, 'cliFlags'>): boolean {
  return cliFlags.some((flag) => alone.test(flag) || (whole.test(flag) && !flag.endsWith('=false')))
}

/** The artifact without such flags. */
export function withoutAttestations(docker: DockerArtifact): DockerArtifact {
  const { cliFlags } = docker
  if (cliFlags === undefined || !asksForAttestations(docker)) return docker
  const kept = cliFlags.filter((flag, index) => {
    const isValue = alone.test(cliFlags[index - 1] ?? '') && !flag.startsWith('-')
    return !isValue && !alone.test(flag) && !whole.test(flag)
  })
  return { ...docker, cliFlags: kept }
}
