import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { parseDockerfile } from '../../dockerfile/index.ts'
import { isToolError } from '../../errors/index.ts'

/** A way to build an image that was found in a folder. */
export interface InitBuilder {
  readonly kind: 'Buildpacks' | 'Docker' | 'Jib Gradle Plugin' | 'Jib Maven Plugin' | 'Ko'
  /** Of the file that shows it, relative to the searched folder. */
  readonly path: string
  /** The image that the file itself names. */
  readonly image?: string
  /** Module of a build with several. */
  readonly project?: string
  /** Ports that the image says it listens on. */
  readonly ports?: readonly number[]
}

/**
 * The ways to build images among files, in their order. A folder with a Dockerfile, Jib or ko is not offered for buildpacks
 * as well.
 */
export async function findBuilders(folder: string, files: readonly string[]): Promise<readonly InitBuilder[]> {
  const found = (await Promise.all(files.map(async (file) => detect(folder, file)))).flat()
  const taken = new Set(found.filter(({ kind }) => kind !== 'Buildpacks').map(({ path }) => posix.dirname(path)))
  const packed = new Set<string>()
  return found.filter(({ kind, path }) => {
    if (kind !== 'Buildpacks') return true
    const place = posix.dirname(path)
    const isFirst = !packed.has(place) && !taken.has(place)
    packed.add(place)
    return isFirst
  })
}

async function detect(folder: string, file: string): Promise<readonly InitBuilder[]> {
  const name = posix.basename(file)
  const text = (): Promise<string> => readFile(join(folder, file), 'utf8')
  if (/^(?:dockerfile(?:\..+)?|containerfile|.+\.dockerfile)$/i.test(name) && !/\.dockerignore$/i.test(name)) {
    return docker(file, await text())
  }
  if (name === 'pom.xml') return maven(file, await text())
  if (/^build\.gradle(?:\.kts)?$/.test(name)) return gradle(file, await text())
  if (name === '.ko.yaml' || name === 'go.mod') return [{ kind: 'Ko', path: file }]
  return /^(?:package\.json|requirements\.txt|pyproject\.toml|Gemfile|composer\.json|project\.toml)$/.test(name)
    ? [{ kind: 'Buildpacks', path: file }]
    : []
}

/** What only has the name of a Dockerfile is none. */
function docker(path: string, text: string): readonly InitBuilder[] {
  try {
    const { stages } = parseDockerfile(text, path)
    if (stages.length === 0) return []
    const exposed = stages.at(-1)?.instructions.flatMap((one) => (one.kind === 'expose' ? one.ports : [])) ?? []
    const ports = exposed.map((port) => Number.parseInt(port, 10)).filter((port) => port > 0)
    return [{ kind: 'Docker', path, ...(ports.length === 0 ? {} : { ports }) }]
  } catch (error) {
    if (isToolError(error)) return []
    throw error
  }
}

function maven(path: string, text: string): readonly InitBuilder[] {
  const plugin = /<artifactId>\s*jib-maven-plugin\s*<\/artifactId>[\s\S]*?<\/plugin>/.exec(text)?.[0]
  if (plugin === undefined) return []
  const image = /<to>\s*<image>\s*([^<\s$]+)\s*<\/image>/.exec(plugin)?.[1]
  return [{ kind: 'Jib Maven Plugin', path, ...(image === undefined ? {} : { image }) }]
}

function gradle(path: string, text: string): readonly InitBuilder[] {
  if (!text.includes('com.google.cloud.tools.jib')) return []
  const image = /\bto\s*\{\s*image\s*=?\s*["']([^"'$]+)["']/.exec(text)?.[1]
  return [{ kind: 'Jib Gradle Plugin', path, ...(image === undefined ? {} : { image }) }]
}
