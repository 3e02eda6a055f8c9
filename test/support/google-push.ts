import type { AskedBuild, BuildEnd } from './google-builds.ts'
import { pushImages } from './push-image.ts'

/** Pushes an image for each platform that the last step names, as Cloud Build and the programs in the steps do. */
export async function pushWhatIsAsked(build: AskedBuild): Promise<BuildEnd> {
  const args = build.steps.at(-1)?.args ?? []
  const text = args.join(' ')
  const tag = build.images?.[0] ?? /(?:--destination |-Dimage=|--image=)(\S+)/.exec(text)?.[1] ?? koTag(text)
  const asked = /(?:--platform |from\.platforms=)(\S+)/.exec(text)?.[1] ?? koPlatforms(text)
  const platforms = (asked ?? 'linux/amd64').split(',')
  const digest = await pushImages(
    tag,
    platforms.map((platform) => {
      const [os = '', architecture = ''] = platform.split('/')
      return { os, architecture, entrypoint: ['/app'], files: { app: Buffer.from(platform) } }
    }),
  )
  const lines = [`starting build\n`, `Step 1/1 : ${platforms.join()}\n`, 'DONE\n']
  return { status: 'SUCCESS', log: lines, ...(build.images === undefined ? {} : { digests: [digest] }) }
}

function koTag(script: string): string {
  return `${/"image": "([^"]+)"/.exec(script)?.[1] ?? ''}:${/--tag (\S+)/.exec(script)?.[1] ?? ''}`
}

function koPlatforms(script: string): string | undefined {
  return /"platforms": \[([^\]]+)\]/.exec(script)?.[1]?.replaceAll(/["\s]/g, '')
}
