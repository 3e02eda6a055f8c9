import type { BuilderParts, CreateBuilder } from './builder-parts.ts'
import type { Invocation } from './command.ts'
import { once } from './once.ts'
import { openGoogle } from './open-google.ts'
import { makeWorkFolder } from './work-folder.ts'

/** The builder of `build.googleCloudBuild`, one for all kinds; local builders tell what artifacts depend on. */
export function createCloudBuilder(invocation: Invocation, parts: BuilderParts, local: CreateBuilder): CreateBuilder {
  const open = once(async () => {
    const { createCloudBuildBuilder } = await import('../build/builders/google-cloud-build/index.ts')
    const [google, registry] = await Promise.all([openGoogle(invocation, parts), parts.registry()])
    return createCloudBuildBuilder({
      google,
      registry,
      workFolder: await makeWorkFolder(parts.closing),
      env: invocation.env,
      local: async (kind) => {
        const builder = await local(kind)
        if (builder !== undefined) return builder
        throw new Error(`no builder of this machine knows the files of ${kind} artifacts`)
      },
    })
  })
  return () => open()
}
