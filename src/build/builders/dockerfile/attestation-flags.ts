import type { DockerArtifact } from '../../../config/index.ts'

/**
 * Which attestations BuildKit makes: none, those that flags of the artifact ask for, or beside them how an image was made,
 * unless the flags say otherwise.
 */
export type Attesting = 'never' | 'asked' | 'default'

type Flags = Pick<DockerArtifact, 'cliFlags'>

const whole = /^--(?:attest|provenance|sbom)=/
const alone = /^--(?:attest|provenance|sbom)$/
const off = /^--(?:provenance|sbom)=false$|^--attest=(?=.*\bdisabled=true\b)/
const provenance = /^--provenance(?:=|$)|^--attest=(?=.*\btype=provenance\b)/

/** Whether flags of the artifact ask for attestations: those of BuildKit, which are new in every build. */
export function asksForAttestations(docker: Flags): boolean {
  return attestationFlags(docker).some((flag) => !off.test(flag))
}

/** Whether BuildKit shall say how it made the image though no flag does. */
export function wantsProvenance(docker: Flags, attesting: Attesting): boolean {
  return attesting === 'default' && !attestationFlags(docker).some((flag) => provenance.test(flag))
}

/** The artifact without such flags. */
export function withoutAttestations(docker: DockerArtifact): DockerArtifact {
  const { cliFlags } = docker
  if (cliFlags === undefined || !asksForAttestations(docker)) return docker
  const kept = cliFlags.filter((flag, index) => !isAttestationFlag(flag) && !isValue(cliFlags, index))
  return { ...docker, cliFlags: kept }
}

/** With their values: `--attest type=sbom` is `--attest=type=sbom`. */
function attestationFlags({ cliFlags = [] }: Flags): readonly string[] {
  return cliFlags.flatMap((flag, index) => {
    if (!isAttestationFlag(flag)) return []
    return isValue(cliFlags, index + 1) ? [`${flag}=${cliFlags[index + 1] ?? ''}`] : [flag]
  })
}

function isAttestationFlag(flag: string): boolean {
  return alone.test(flag) || whole.test(flag)
}

function isValue(cliFlags: readonly string[], index: number): boolean {
  const flag = cliFlags[index]
  return flag !== undefined && alone.test(cliFlags[index - 1] ?? '') && !flag.startsWith('-')
}
