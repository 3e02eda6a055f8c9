import { isPlatform, parsePlatform, type Platform } from '../../../platform/index.ts'

const linux: Platform = { os: 'linux', architecture: 'amd64' }

/** What the nodes of a buildx builder say they run: `Platforms: linux/amd64*, linux/arm64`. */
export function platformsOf(inspected: string): readonly Platform[] {
  const lists = [...inspected.matchAll(/^Platforms:(.*)$/gm)].map((match) => match[1] ?? '')
  const texts = lists.flatMap((list) => list.split(',').map((text) => text.trim().replace(/\*$/, '')))
  return texts.flatMap((text) => (isPlatform(text, linux) ? [parsePlatform(text, linux)] : []))
}
