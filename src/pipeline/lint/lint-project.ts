import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { LintFinding } from '../../config/index.ts'
import type { FoundInFile, LintProject } from './contract.ts'
import { lintDockerfiles } from './lint-dockerfiles.ts'
import { lintLabels, readManifests, suggestPorts } from './lint-manifests.ts'

/**
 * Finds what could be better in what configurations refer to: their Dockerfiles and manifests, and ports that nobody forwards.
 * The rules are Skaffold's.
 */
export async function lintProject(project: LintProject): Promise<readonly LintFinding[]> {
  const { documents, configs, cwd } = project
  const found: FoundInFile[] = []
  for (const [index, config] of configs.entries()) {
    const document = documents[index]
    if (document === undefined) continue
    const folder = resolve(cwd, dirname(document.source.file))
    const resources = await readManifests(folder, { patterns: config.manifests.rawYaml, cwd })
    const ports = (config.portForward ?? []).length > 0 ? undefined : suggestPorts(resources)
    if (ports !== undefined) found.push(unforwarded(document.source, ports))
    const artifacts = config.build.artifacts.map((artifact) => ({ artifact, folder }))
    found.push(...(await lintDockerfiles(project, artifacts)), ...lintLabels(resources))
  }
  return Promise.all(
    found.map(async (finding) => ({ ...finding, text: await lineOf(resolve(cwd, finding.file), finding.line) })),
  )
}

function unforwarded({ file, text }: LintProject['documents'][number]['source'], ports: string): FoundInFile {
  const lines = text.split('\n')
  return {
    rule: 'ID000002',
    explanation: `It is a best practice to specify a static port (vs one that is chosen) for port forwarding container based resources: local ports are then predictable across dev sessions. It is recommended to add the following stanza at the end of your skaffold.yaml:\n${ports}`,
    file,
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
  }
}

async function lineOf(path: string, line: number): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n')[line - 1] ?? ''
}
