import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuildRequest } from '../../src/build/index.ts'
import type { ArtifactBuilder } from '../../src/config/index.ts'
import type { Event } from '../../src/events/index.ts'
import { createImage, type Image } from '../../src/image/index.ts'
import { createLayer } from '../../src/layer/index.ts'
import { openLayout } from '../../src/layout/index.ts'
import { parsePlatform } from '../../src/platform/index.ts'
import { parseReference } from '../../src/reference/index.ts'
import { aFile, gather, pieces } from './layers.ts'

/** Folders for the test of a builder that calls a program. */
export interface ToolBench {
  /** The build context. */
  readonly context: string
  readonly workFolder: string
  readonly events: Event[]
  request(builder: ArtifactBuilder, platforms: string, more?: Partial<BuildRequest>): BuildRequest
  close(): Promise<void>
}

export async function aToolBench(): Promise<ToolBench> {
  const folder = await mkdtemp(join(tmpdir(), 'tool-bench-'))
  const [context, workFolder] = [await mkdtemp(join(folder, 'context-')), await mkdtemp(join(folder, 'work-'))]
  const events: Event[] = []
  return {
    context,
    workFolder,
    events,
    request: (builder, platforms, more) => ({
      artifact: { image: 'app', context: '.', builder },
      contextFolder: context,
      platforms: platforms.split(',').map((text) => parsePlatform(text, { os: 'linux', architecture: 'amd64' })),
      reference: parseReference('registry.example.com/team/app:v1'),
      push: true,
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
      ...more,
    }),
    close: async () => rm(folder, { recursive: true, force: true }),
  }
}

/** An image for an architecture with one small layer. */
export async function anImageFor(architecture: string): Promise<Image> {
  const layer = await createLayer([aFile('for', architecture)])
  return createImage({ config: { os: 'linux', architecture, config: {} }, layers: [layer] })
}

/** Writes images as an OCI layout. */
export async function writeLayout(folder: string, images: readonly Image[]): Promise<void> {
  const layout = await openLayout(folder, { create: true })
  for (const image of images) {
    for (const layer of image.layers) await layout.putBlob(layer)
    await layout.putBlob({ descriptor: image.manifest.config, open: () => pieces(image.rawConfig) })
    await layout.putManifest({ descriptor: image.descriptor, bytes: image.rawManifest })
    await layout.setRef(image.platform.architecture, image.descriptor)
  }
}

/** Writes an archive as `docker save` did before it wrote layouts: layers that are not compressed, and a `manifest.json`. */
export async function writeDockerArchive(path: string, architecture: string): Promise<void> {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  const layer = await createLayer([aFile('for', architecture)], { mediaType })
  const image = createImage({ config: { os: 'linux', architecture, config: {} }, layers: [layer] })
  const manifest = [{ Config: 'config.json', RepoTags: [], Layers: ['abc/layer.tar'] }]
  const archive = await createLayer(
    [
      aFile('config.json', image.rawConfig),
      aFile('manifest.json', JSON.stringify(manifest)),
      aFile('abc/layer.tar', await gather(layer.open())),
    ],
    { mediaType },
  )
  await writeFile(path, await gather(archive.open()))
}
